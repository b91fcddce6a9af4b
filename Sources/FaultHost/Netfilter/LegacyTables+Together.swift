// Many faults in one go: each table is read and sent once, both families at the same time where that takes long.
import FaultModel

extension LegacyTables {
    /// Does `work` for all of them; where that fails, for each half, so that only the guilty fail. It may do again what it has done.
    func together<Ask, Answer>(
        _ asks: [Ask], _ work: ([Ask]) throws(Problem) -> [Result<Answer, Problem>]
    ) -> [Result<Answer, Problem>] {
        do throws(Problem) { return try work(asks) } catch {
            // Nobody's rules are to blame for a lock that is held.
            if asks.count < 2 || error.type == .timedOut { return asks.map { _ in .failure(error) } }
            let middle = asks.count / 2
            return together(Array(asks[..<middle]), work) + together(Array(asks[middle...]), work)
        }
    }

    /// Each family's part; that of one does not wait for the other's where both tables are long. The kernel has a lock for each.
    func eachFamily<T>(_ families: [IPFamily] = IPFamily.allCases, _ work: (IPFamily) throws(Problem) -> T) -> [Result<T, Problem>] {
        func result(_ family: IPFamily) -> Result<T, Problem> { Result { () throws(Problem) in try work(family) } }
        guard let last = families.last, families.count > 1, lengths.areLong else { return families.map(result) }
        var (first, second): ([Result<T, Problem>], Result<T, Problem>?) = ([], nil)
        _ = withoutActuallyEscaping({ second = result(last) }) { other in
            ThrowAwayThread.run(other) { first = families.dropLast().map(result) }
        }
        // Without a thread to be had nothing was done.
        if first.isEmpty { first = families.dropLast().map(result) }
        return first + [second ?? result(last)]
    }

    /// What one walk finds.
    func sight(of table: Table, _ faults: Set<MarkKey>?) -> TableSight {
        let sight = table.sight(of: faults)
        if table.kind == .filter { lengths.note(table.family, sight.length) }
        return sight
    }

    /// The rules that can have an effect here, by table.
    func effective(_ rules: [PacketRule], leavingOutIPv6 isLeftOut: Bool) -> [RuleGroup] {
        Self.all.compactMap { family, kind in
            if family == .ipv6, isLeftOut { return nil }
            let own = rules.filter { $0.family == family && $0.table == kind }
            return own.isEmpty ? nil : (family, kind, own)
        }
    }

    /// The same; throws when none can.
    func someEffective(_ rules: [PacketRule], leavingOutIPv6 isLeftOut: Bool) throws(Problem) -> [RuleGroup] {
        let groups = effective(rules, leavingOutIPv6: isLeftOut)
        if !groups.isEmpty { return groups }
        throw Problem(.noEffect, rules.isEmpty ? "there is no rule to put in force" : "every rule is for IPv6, which is off on this node")
    }

    typealias RuleGroup = (family: IPFamily, kind: PacketTable, rules: [PacketRule])
}
