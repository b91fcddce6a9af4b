// A fault's rules out of both tables.
import FaultModel

/// What deleting a fault's rules came to.
private struct Deletion {
    var count = 0
    /// What others have put into our chains or changed in theirs, for people.
    var drift: [String] = []

    mutating func add(_ other: Deletion) {
        count += other.count
        drift += other.drift
    }
}

extension LegacyTables {
    func revert(_ undo: PacketUndo) throws(Problem) -> RevertOutcome {
        let deleted = try delete(undo.fault, before: undo.before)
        if deleted.count == 0 { return RevertOutcome(.alreadyGone, drift: deleted.drift) }
        let wanted = effective(undo.rules).reduce(0) { $0 + $1.rules.count }
        let missing = deleted.count < wanted ? ["\(deleted.count) of \(wanted) rules were there; somebody had removed the rest"] : []
        return RevertOutcome(.restored, notes: missing, drift: deleted.drift)
    }

    func remove(_ artefact: Artefact) throws(Problem) {
        if let fault = artefact.fault {
            _ = try delete(fault, before: nil)
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
    private func delete(_ fault: FaultID, before: ChainPrints?) throws(Problem) -> Deletion {
        try lock.hold { () throws(Problem) in
            var (deleted, trouble) = (Deletion(), Problem?.none)
            for (family, kind) in Self.all {
                do throws(Problem) { deleted.add(try delete(fault, family, kind, before)) } catch { trouble = trouble ?? error }
            }
            if let trouble { throw trouble }
            return deleted
        }
    }

    private func delete(_ fault: FaultID, _ family: IPFamily, _ kind: PacketTable, _ before: ChainPrints?) throws(Problem) -> Deletion {
        guard try isSetUp(family, kind) else { return Deletion(drift: drift(since: before, in: nil, family, kind)) }
        var count = 0
        try edit(family, kind) { (table) throws(Problem) in
            count = max(count, try table.delete(fault))
            for chain in PacketChain.allCases { try table.removeIfEmpty(chain) }
        }
        let table = try Table(family, kind)
        let left = table.marked()[fault]?.rules ?? 0
        if left > 0 { throw Problem(.hostFailure, "\(left) \(family.name) rules of \(fault.mark) are still there after they were deleted") }
        let strangers = PacketChain.allCases.compactMap { table.strangers(in: $0) }
        return Deletion(count: count, drift: strangers + drift(since: before, in: table, family, kind))
    }

    /// What others have changed in the chains that the fault passed through.
    private func drift(since before: ChainPrints?, in table: Table?, _ family: IPFamily, _ kind: PacketTable) -> [String] {
        guard let before, before.bootID == proc.bootID else { return [] }
        return before.chains.filter { $0.family == family && $0.table ?? .filter == kind }.flatMap { print in
            print.drift(to: table?.print(of: print.chain) ?? .untouched(family, kind, print.chain), program: kind.command(family))
        }
    }
}
