// Where this process has put what: spares it from listing whole tables to find a few rules.
import FaultModel

/// A guess, since others may change anything: each use of it asks the kernel whether the rule there carries the fault's mark. For one thread at a time.
final class NftMemory: @unchecked Sendable {
    struct Place {
        var shard: Int
        var rules: [NftHandle]
    }

    /// One of faultd's tables.
    struct Table {
        var faults: Set<FaultID> = []
        /// Rules in each chain of ours; a chain that was made stays here without any.
        var chains: [String: Int] = [:]
    }

    private(set) var places: [FaultID: Place] = [:]
    private(set) var tables: [Int: Table] = [:]
    /// The tables were looked at once.
    private(set) var isFilled = false

    /// The first table with room.
    var openShard: Int {
        var shard = 1
        while let table = tables[shard], table.faults.count >= NftablesFault.most { shard += 1 }
        return shard
    }

    func add(_ fault: FaultID, shard: Int, rules: [NftHandle], chains: [String]) {
        forget(fault)
        places[fault] = Place(shard: shard, rules: rules)
        tables[shard, default: Table()].faults.insert(fault)
        for chain in chains { tables[shard]?.chains[chain, default: 0] += 0 }
        for rule in rules { tables[shard]?.chains[rule.chain, default: 0] += 1 }
    }

    func forget(_ fault: FaultID) {
        guard let place = places.removeValue(forKey: fault) else { return }
        tables[place.shard]?.faults.remove(fault)
        for rule in place.rules { tables[place.shard]?.chains[rule.chain]? -= 1 }
    }

    func forget(chain: String, shard: Int) { tables[shard]?.chains[chain] = nil }

    /// With whatever is in it.
    func forget(table shard: Int) {
        for fault in tables.removeValue(forKey: shard)?.faults ?? [] { places[fault] = nil }
    }

    /// All there is, as it was just read.
    func fill(with seen: [Int: NftTableSight]) {
        for shard in Set(tables.keys).union(seen.keys) { replace(shard, with: seen[shard]) }
        isFilled = true
    }

    /// As it was just read; nil is gone.
    func replace(_ shard: Int, with seen: NftTableSight?) {
        forget(table: shard)
        guard let seen else { return }
        tables[shard] = Table()
        let rules = Dictionary(grouping: seen.rules) { $0.fault }
        for fault in seen.faults { add(fault, shard: shard, rules: rules[fault]?.map(\.handle) ?? [], chains: []) }
        for chain in seen.chains { tables[shard]?.chains[chain, default: 0] += 0 }
    }
}
