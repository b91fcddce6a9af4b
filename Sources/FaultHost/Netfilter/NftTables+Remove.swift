// Faults' rules and sets out of the tables, and with the last of them what they shared.
import FaultModel

extension NftTables {
    /// What a transaction dares, from the usual to what is left when somebody has put something of theirs into our tables.
    private enum Daring: Int {
        /// By what is remembered.
        case guess
        /// By what was read of the whole table.
        case read
        /// Chains and tables stay: somebody else's rule may have come.
        case rulesAndSets
        /// A set that somebody else's rule looks into stays, empty.
        case rules

        var next: Daring? { Daring(rawValue: rawValue + 1) }
    }

    func revert(_ undo: PacketUndo) throws(Problem) -> RevertOutcome { try Self.one(revert([undo])) }

    func revert(_ undos: [PacketUndo]) -> [Result<RevertOutcome, Problem>] {
        Self.together(undos) { (undos) throws(Problem) in
            let look = try delete(undos.map(NftWanted.init))
            return undos.map { .success(look.sight(of: $0).outcome(wanted: $0.rules.count)) }
        }
    }

    /// That a set could be deleted proves that no rule looks into it any more, remembered or not.
    /// - Returns: what was there.
    @discardableResult
    private func delete(_ wanted: [NftWanted], _ first: Daring = .guess) throws(Problem) -> NftLook {
        var (daring, attempt) = (first, 0)
        while true {
            attempt += 1
            let look = try NftLook(for: wanted, memory, connection, isGuessing: daring == .guess)
            let sights = wanted.compactMap { look.sights[$0.fault.fault] }
            let frames = daring.rawValue < Daring.rulesAndSets.rawValue ? NftFrames(without: wanted.map(\.fault), look, memory) : NftFrames()
            if frames.isEmpty, sights.allSatisfy({ $0.rules.isEmpty && !look.sets.contains($0.fault.fault) }) { return look }
            let outcome = try connection.commit(on: attempt < Self.attempts ? look.generation : nil) { messages in
                for sight in sights { messages.remove(sight, look, keepingSet: daring == .rules) }
                messages.remove(frames)
            }
            switch outcome {
            case .stale: continue
            case .done:
                for item in wanted { memory.forget(item.fault.fault) }
                memory.forget(frames)
                return look
            case .refused(let problem):
                guard let next = daring.next else { throw problem }
                daring = next
            }
        }
    }

    /// One dump of each table, however many faults there are.
    func inventory() throws(Problem) -> [Artefact] {
        let tables = try NftTableSight.all(nil, connection)
        memory.fill(with: tables)
        let faults = tables.values.reduce(into: Set<FaultID>()) { $0.formUnion($1.faults) }
        return tables.filter(\.value.isEmpty).keys.sorted().map(Artefact.emptyTable) + faults.sorted().map(Artefact.rules)
    }

    func remove(_ artefact: Artefact) throws(Problem) {
        let tables = try NftTableSight.all(nil, connection)
        memory.fill(with: tables)
        for (shard, table) in tables {
            if let fault = artefact.fault, table.faults.contains(fault) { try delete([NftWanted(fault, shard: shard)], .read) }
            if artefact == .emptyTable(shard), table.isEmpty { try removeFrames(shard) }
        }
    }

    /// Refused, and fine, when somebody has put something into it.
    private func removeFrames(_ shard: Int) throws(Problem) {
        let frames = NftFrames(chains: memory.tables[shard]?.chains.keys.sorted().map { ($0, shard) } ?? [], tables: [shard])
        if case .done = try connection.commit(on: nil, { $0.remove(frames) }) { memory.forget(frames) }
    }
}

/// Chains and tables that nothing is left in.
struct NftFrames {
    var chains: [(name: String, shard: Int)] = []
    var tables: [Int] = []

    var isEmpty: Bool { chains.isEmpty && tables.isEmpty }
}

extension NftFrames {
    /// Those that go with the last of these faults. The kernel refuses to delete what still holds something.
    init(without gone: [NftablesFault], _ look: NftLook, _ memory: NftMemory) {
        let faults = Set(gone.map(\.fault))
        for shard in Set(gone.map(\.shard)).sorted() {
            guard let table = memory.tables[shard] else { continue }
            var left = table.chains
            for rule in look.sights.values where rule.fault.shard == shard { for rule in rule.rules { left[rule.handle.chain]? -= 1 } }
            for rule in look.read[shard]?.rules ?? [] where rule.fault == nil { left[rule.handle.chain]? += 1 }
            let empty = left.filter { $0.value == 0 }.keys.sorted()
            chains += empty.map { ($0, shard) }
            let isLast = table.faults.isSubset(of: faults) && empty.count == left.count
            if isLast, look.read[shard]?.holdsNothingElse != false { tables.append(shard) }
        }
    }
}

extension NftMessages {
    fileprivate mutating func remove(_ frames: NftFrames) {
        for chain in frames.chains { deleteChain(chain.name, chain.shard) }
        for shard in frames.tables { deleteTable(shard) }
    }
}

extension NftMemory {
    fileprivate func forget(_ frames: NftFrames) {
        for chain in frames.chains { forget(chain: chain.name, shard: chain.shard) }
        for shard in frames.tables { forget(table: shard) }
    }
}

extension Artefact {
    static let emptyTable = emptyTable(1)

    static func emptyTable(_ shard: Int) -> Artefact {
        Artefact(mechanism: .packets, fault: nil, name: "empty table inet \(NftablesFault.table(shard)) (nftables)")
    }
}
