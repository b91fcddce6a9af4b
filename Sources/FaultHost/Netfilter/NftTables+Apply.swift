// Rules put in force, and their end moved.
import FaultModel

extension NftTables {
    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) throws(Problem) -> Evidence {
        try Self.one(apply([PacketApplication(change: change, undo: undo, deadline: deadline)]))
    }

    func apply(_ wanted: [PacketApplication]) -> [Result<Evidence, Problem>] {
        Self.together(wanted) { (items) throws(Problem) in
            for item in items { try refuseWithoutEffect(item.change.rules) }
            try put(items)
            let look = try look(items.map(\.undo))
            return items.map { item in
                let sight = look.sight(of: item.undo)
                if let complaint = sight.complaints(wanted: item.change.rules.count).first { return .failure(Problem(.hostFailure, complaint)) }
                return .success(sight.evidence(wanted: item.change.rules.count))
            }
        }
    }

    /// In place of what they may have already.
    private func put(_ items: [PacketApplication]) throws(Problem) {
        try fillMemory()
        var isRead = false
        for attempt in 1... {
            let there = items.map(\.undo).filter { memory.places[$0.fault] != nil }
            let look = there.isEmpty ? nil : try look(there)
            let lives = try items.map { (item) throws(Problem) in try remaining(item.deadline) }
            let outcome = try connection.commit(on: attempt < Self.attempts ? look?.generation : nil) { messages in
                if let look { for undo in there { messages.remove(look.sight(of: undo), look) } }
                messages.addFrames(items.map { ($0.place, $0.change.rules) })
                for (item, life) in zip(items, lives) {
                    messages.addSet(item.place, lasting: life)
                    // Each before the others, so that the last one is the first.
                    for rule in item.change.rules.reversed() { messages.insert(rule, item.place) }
                }
            }
            switch outcome {
            case .stale: continue
            case .done(let echoes): return remember(items, echoes)
            case .refused(let problem):
                // Perhaps it is there and was not known to be.
                if isRead { throw problem }
                isRead = true
                memory.fill(with: try NftTableSight.all(nil, connection))
                if !items.contains(where: { memory.places[$0.undo.fault] != nil }) { throw problem }
            }
        }
    }

    private func remember(_ items: [PacketApplication], _ echoes: [NftRuleSight]) {
        let made = Dictionary(grouping: echoes) { $0.fault }
        for item in items {
            let chains = PacketChain.used(by: item.change.rules).map(NftablesFault.chain)
            memory.add(item.undo.fault, shard: item.place.shard, rules: made[item.undo.fault]?.map(\.handle) ?? [], chains: chains)
        }
    }

    func rearm(_ undo: PacketUndo, until deadline: Moment) throws(Problem) -> Backstop {
        try Self.one(rearm([PacketRenewal(undo: undo, deadline: deadline)]))
    }

    func rearm(_ wanted: [PacketRenewal]) -> [Result<Backstop, Problem>] {
        Self.together(wanted) { (items) throws(Problem) in
            try renew(items)
            return items.map { .success(foresee(until: $0.deadline)) }
        }
    }

    /// Takes out what is in each set and puts it in anew, since an older kernel ignores a second adding. A set that somebody emptied stays so.
    private func renew(_ items: [PacketRenewal]) throws(Problem) {
        for attempt in 1... {
            let generation = try connection.generation()
            let families = try living(items.map { NftablesFault($0.undo.fault, shard: $0.undo.shard) })
            let alive = items.indices.filter { !families[$0].isEmpty }
            if alive.isEmpty { return }
            let lives = try alive.map { (index) throws(Problem) in try remaining(items[index].deadline) }
            let outcome = try connection.commit(on: attempt < Self.attempts ? generation : nil) { messages in
                for (index, life) in zip(alive, lives) {
                    let fault = NftablesFault(items[index].undo.fault, shard: items[index].undo.shard)
                    messages.deleteLife(fault, families[index])
                    messages.addLife(fault, families[index], lasting: life)
                }
            }
            switch outcome {
            case .stale: continue
            case .done: return
            case .refused(let problem): throw problem
            }
        }
    }

    /// The families that each set holds.
    private func living(_ faults: [NftablesFault]) throws(Problem) -> [[IPFamily]] {
        let all = IPFamily.allCases
        var found = [[IPFamily]](repeating: [], count: faults.count)
        try connection.ask(faults.count * all.count, { $1.getLife(faults[$0 / all.count], all[$0 % all.count]) }) { index, _, _ in
            found[index / all.count].append(all[index % all.count])
        }
        return found
    }
}

extension PacketApplication {
    fileprivate var place: NftablesFault { NftablesFault(undo.fault, shard: undo.shard) }
}

extension NftMessages {
    /// The tables and chains that these rules are to be in, as far as they are not there.
    mutating func addFrames(_ faults: [(fault: NftablesFault, rules: [PacketRule])]) {
        let byShard = Dictionary(grouping: faults) { $0.fault.shard }
        for (shard, faults) in byShard.sorted(by: { $0.key < $1.key }) {
            addTable(shard)
            for chain in PacketChain.used(by: faults.flatMap(\.rules)) { addChain(chain, shard) }
        }
    }

    /// All of a fault but what it shares with others.
    mutating func remove(_ sight: NftSight, _ look: NftLook, keepingSet: Bool = false) {
        for rule in sight.rules { deleteRule(rule.handle, sight.fault.shard) }
        guard look.sets.contains(sight.fault.fault) else { return }
        if keepingSet { emptySet(sight.fault) } else { deleteSet(sight.fault) }
    }
}
