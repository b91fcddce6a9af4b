// All that is in one of faultd's tables: `nft list table inet faultd`, read when a guess about it was wrong, or when there is none.
import FaultModel

struct NftTableSight {
    let shard: Int
    /// How many chains, sets and other things it holds.
    let uses: Int
    private(set) var rules: [NftRuleSight] = []
    /// Those of ours, shared or as earlier versions made them.
    private(set) var chains: Set<String> = []
    /// Faults that have a set.
    private(set) var sets: Set<FaultID> = []
    private var unnamedSets = 0

    /// Faults that something here is of. A chain in which only somebody else's rules are left is theirs now.
    var faults: Set<FaultID> {
        let strange = Set(rules.lazy.filter { $0.fault == nil }.map(\.handle.chain))
        let former = chains.filter { !strange.contains($0) }.compactMap { NftablesFault(formerChain: $0, shard: shard)?.fault }
        return sets.union(rules.compactMap(\.fault)).union(former)
    }

    /// Nobody's: at most chains of ours, and no rule.
    var isEmpty: Bool { rules.isEmpty && faults.isEmpty && holdsNothingElse }

    /// Neither chains nor sets nor anything else that is not ours; rules apart.
    var holdsNothingElse: Bool { uses == chains.count + sets.count + unnamedSets }

    /// Every one there is, or of these only.
    static func all(_ wanted: Set<Int>? = nil, _ connection: NftConnection) throws(Problem) -> [Int: NftTableSight] {
        let tables: [NftTableSight] = try connection.list(.getTable) { _, body in
            guard let shard = body.attribute(1).flatMap({ NftablesFault.shard(ofTable: $0.zeroTerminated) }), wanted?.contains(shard) != false else {
                return nil
            }
            return NftTableSight(shard: shard, uses: body.attribute(3).flatMap(NftConnection.number).map(Int.init) ?? 0)
        }
        if tables.isEmpty { return [:] }
        var found = Dictionary(tables.map { ($0.shard, $0) }) { first, _ in first }
        for (shard, name) in try Self.chains(connection) { found[shard]?.take(chain: name) }
        for shard in found.keys.sorted() { try found[shard]?.read(connection) }
        return found
    }

    private init(shard: Int, uses: Int) {
        self.shard = shard
        self.uses = uses
    }

    /// The kernel lists them for all tables of a family at once.
    private static func chains(_ connection: NftConnection) throws(Problem) -> [(Int, String)] {
        try connection.list(.getChain) { _, body in
            guard let shard = body.attribute(1).flatMap({ NftablesFault.shard(ofTable: $0.zeroTerminated) }), let name = body.attribute(3) else {
                return nil
            }
            return (shard, name.zeroTerminated)
        }
    }

    private mutating func take(chain name: String) {
        let isShared = PacketChain.allCases.contains { NftablesFault.chain($0) == name }
        if isShared || NftablesFault(formerChain: name, shard: shard) != nil { chains.insert(name) }
    }

    private mutating func read(_ connection: NftConnection) throws(Problem) {
        let table = NftablesFault.table(shard)
        rules = try connection.list(.getRule, { $0.add(1, table) }) { _, body in NftRuleSight(body) }
        let found: [(name: String, isUnnamed: Bool)] = try connection.list(.getSet, { $0.add(1, table) }) { _, body in
            // NFT_SET_ANONYMOUS.
            body.attribute(2).map { ($0.zeroTerminated, (body.attribute(3).flatMap(NftConnection.number) ?? 0) & 1 != 0) }
        }
        sets = Set(found.compactMap { NftablesFault(alive: $0.name, shard: shard)?.fault })
        unnamedSets = found.count { $0.isUnnamed }
    }
}
