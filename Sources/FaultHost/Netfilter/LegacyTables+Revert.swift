// Faults' rules out of all tables.
import FaultModel

/// What deleting rules from one table came to.
private struct Deletion {
    /// How many each fault had, and has still.
    var counts: [MarkKey: Int] = [:]
    var left: [MarkKey: Int] = [:]
    /// What others have put into our chains, for people.
    var strangers: [String] = []
    /// The chains that faults passed through, as they are now.
    var prints: [ChainPlace: ChainPrint] = [:]
    /// Such as `IPv4`.
    var family: String
}

extension LegacyTables {
    /// No rule of one fault keeps those of another from being deleted: what fails, fails for all.
    func revert(_ undos: [PacketUndo]) -> [Result<RevertOutcome, Problem>] {
        let bootID = proc.bootID
        let befores = undos.flatMap { $0.before?.bootID == bootID ? $0.before?.chains ?? [] : [] }
        do throws(Problem) {
            let deletions = try delete(Set(undos.map { MarkKey($0.fault) }), comparing: Set(befores.map { ChainPlace($0) }))
            let isLeftOut = leavesOutIPv6(of: undos.lazy.flatMap(\.rules))
            return undos.map { undo in
                Result { () throws(Problem) in
                    let wanted = effective(undo.rules, leavingOutIPv6: isLeftOut).reduce(0) { $0 + $1.rules.count }
                    return try outcome(of: undo, wanted, deletions, isSameBoot: undo.before?.bootID == bootID)
                }
            }
        } catch { return undos.map { _ in .failure(error) } }
    }

    private func outcome(of undo: PacketUndo, _ wanted: Int, _ deletions: [Deletion], isSameBoot: Bool) throws(Problem) -> RevertOutcome {
        let mark = MarkKey(undo.fault)
        for deletion in deletions {
            if let left = deletion.left[mark] {
                throw Problem(.hostFailure, "\(left) \(deletion.family) rules of \(undo.fault.mark) are still there after they were deleted")
            }
        }
        let count = deletions.reduce(0) { $0 + ($1.counts[mark] ?? 0) }
        let now = deletions.reduce(into: [:]) { $0.merge($1.prints) { $1 } }
        let changed = (isSameBoot ? undo.before?.chains ?? [] : []).flatMap { print in
            let place = ChainPlace(print)
            return print.drift(to: now[place] ?? .untouched(place), program: place.kind.command(place.family))
        }
        let drift = deletions.flatMap(\.strangers) + changed
        if count == 0 { return RevertOutcome(.alreadyGone, drift: drift) }
        return RevertOutcome(
            .restored, notes: count < wanted ? ["\(count) of \(wanted) rules were there; somebody had removed the rest"] : [], drift: drift)
    }

    func remove(_ artefact: Artefact) throws(Problem) {
        if let fault = artefact.fault {
            _ = try revert(PacketUndo(fault: fault, rules: []))
            return
        }
        try lock.hold { () throws(Problem) in
            for (family, kind) in Self.all where try isSetUp(family, kind) {
                for chain in PacketChain.allCases where artefact == .emptyChain(chain, kind, family) {
                    try edit(family, kind) { (table) throws(Problem) in try table.removeIfEmpty(chain) }
                }
            }
        }
    }

    /// One table's trouble does not keep the rules of the others.
    private func delete(_ faults: Set<MarkKey>, comparing places: Set<ChainPlace>) throws(Problem) -> [Deletion] {
        var (deletions, trouble) = ([Deletion](), Problem?.none)
        let found = try lock.hold { () throws(Problem) in
            eachFamily { (family) throws(Never) in
                PacketTable.allCases.map { kind in
                    Result { () throws(Problem) in
                        try delete(faults, family, kind, comparing: places.filter { ($0.family, $0.kind) == (family, kind) })
                    }
                }
            }
        }
        for result in found.flatMap({ (try? $0.get()) ?? [] }) {
            switch result {
            case .success(let deletion): deletions += deletion.map { [$0] } ?? []
            case .failure(let problem): trouble = trouble ?? problem
            }
        }
        if let trouble { throw trouble }
        return deletions
    }

    private func delete(
        _ faults: Set<MarkKey>, _ family: IPFamily, _ kind: PacketTable, comparing places: Set<ChainPlace>
    ) throws(Problem) -> Deletion? {
        guard try isSetUp(family, kind) else { return nil }
        var deletion = Deletion(family: family.name)
        try edit(family, kind) { (table) throws(Problem) in
            let sight = self.sight(of: table, faults)
            // Read anew, it may already be without them.
            deletion.counts.merge(sight.marked.mapValues(\.count)) { max($0, $1) }
            try table.delete(sight)
            for chain in PacketChain.allCases { try table.removeIfEmpty(chain) }
        }
        let table = try reading(family, kind)
        let sight = self.sight(of: table, faults)
        deletion.left = sight.marked.mapValues(\.count)
        deletion.strangers = sight.strangers
        deletion.prints = Dictionary(uniqueKeysWithValues: places.map { ($0, table.print(of: $0.chain)) })
        return deletion
    }
}
