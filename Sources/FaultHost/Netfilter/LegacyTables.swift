// The legacy iptables of this node, both families: reading, and editing under the lock. Blocks its thread.
import FaultModel

struct LegacyTables: Sendable {
    var lock = XtablesLock()
    var proc = ProcNet()

    /// How often a table is read and edited anew because somebody changed it without the lock.
    static let attempts = 100

    /// Opens the table for reading if the kernel has set it up; nil where it never did, so that no rule can be in it.
    func existing(_ family: IPFamily, _ kind: PacketTable = .filter) throws(Problem) -> Table? {
        switch proc.table(kind, family) {
        case .present: return try Table(family, kind)
        case .absent: return nil
        case .unknown: return try openIfThere(family, kind)
        }
    }

    /// Whether `existing` would find a table; mostly without reading it.
    func isSetUp(_ family: IPFamily, _ kind: PacketTable) throws(Problem) -> Bool {
        switch proc.table(kind, family) {
        case .present: return true
        case .absent: return false
        case .unknown: return try openIfThere(family, kind) != nil
        }
    }

    private func openIfThere(_ family: IPFamily, _ kind: PacketTable) throws(Problem) -> Table? {
        do throws(Problem) { return try Table(family, kind) } catch {
            if error == .noTable(family, kind) { return nil }
            throw error
        }
    }

    /// Edits a snapshot and sends it back, with the lock held by the caller. `change` may be run again on a fresh snapshot, that may
    /// already be as it wants it.
    func edit<T>(_ family: IPFamily, _ kind: PacketTable, _ change: (Table) throws(Problem) -> T) throws(Problem) -> T {
        for attempt in 1...Self.attempts {
            let table = try Table(family, kind)
            let result = try change(table)
            if try table.commit(isLastAttempt: attempt == Self.attempts) { return result }
        }
        throw Problem(
            .timedOut, "the \(family.name) \(kind.rawValue) table changed \(Self.attempts) times while it was being edited",
            hint: "some program edits it without taking \(lock.path)")
    }

    /// IPv6 rules are left out where there is no IPv6 that they could break: the kernel runs without it, or it is switched off and has no
    /// table. Where IPv6 is on, a table that can't be used is an error: half a fault must not pass for a whole one.
    func leavesOut(_ family: IPFamily) -> Bool {
        guard family == .ipv6 else { return false }
        if proc.hasNoIPv6 { return true }
        return proc.isIPv6Disabled && proc.table(.filter, .ipv6) != .present && (try? Table(.ipv6)) == nil
    }

    /// The rules that can have an effect here, by family; throws when none can.
    func someEffective(_ rules: [PacketRule]) throws(Problem) -> [RuleGroup] {
        let groups = effective(rules)
        if !groups.isEmpty { return groups }
        throw Problem(.noEffect, rules.isEmpty ? "there is no rule to put in force" : "every rule is for IPv6, which is off on this node")
    }

    func effective(_ rules: [PacketRule]) -> [RuleGroup] {
        Self.all.compactMap { family, kind in
            let own = rules.filter { $0.family == family && $0.table == kind }
            return own.isEmpty || leavesOut(family) ? nil : (family, kind, own)
        }
    }

    typealias RuleGroup = (family: IPFamily, kind: PacketTable, rules: [PacketRule])

    /// Every table that may hold rules of ours.
    static let all = PacketTable.allCases.flatMap { kind in IPFamily.allCases.map { ($0, kind) } }
}

extension LegacyTables {
    /// Reads only, but for the empty table that the kernel sets up when it is first asked.
    func prepare(_ change: PacketChange, for fault: FaultID) throws(Problem) -> PacketUndo {
        for rule in change.rules { try rule.checkExpressible() }
        var before = ChainPrints(bootID: proc.bootID, chains: [])
        for (family, kind, rules) in try someEffective(change.rules) {
            let table = try Table(family, kind)
            before.chains += PacketChain.used(by: rules).map(table.print)
            let needed = EntryBuilder.extensions(of: rules)
            try KernelExtensions(family: family).require(matches: needed.matches, targets: needed.targets)
        }
        return PacketUndo(fault: fault, rules: change.rules, before: before)
    }

    func apply(_ change: PacketChange, undo: PacketUndo, until stop: Datestop) throws(Problem) -> Evidence {
        var sight = MarkSight()
        try lock.hold { () throws(Problem) in
            for (family, kind, rules) in try someEffective(change.rules) {
                try edit(family, kind) { (table) throws(Problem) in try table.put(rules, of: undo.fault, until: stop) }
                let table = try Table(family, kind)
                try table.verify(rules, of: undo.fault, until: stop)
                sight.look(for: rules, of: undo.fault, in: table)
            }
        }
        return sight.evidence(of: undo)
    }

    func rearm(_ undo: PacketUndo, until stop: Datestop) throws(Problem) -> Backstop {
        for (family, kind) in Self.all where try !(existing(family, kind)?.datestops(of: undo.fault) ?? []).isEmpty {
            try lock.hold { () throws(Problem) in
                try edit(family, kind) { (table) throws(Problem) in try table.move(undo.fault, to: stop) }
                guard try Table(family, kind).datestops(of: undo.fault).isSubset(of: [stop.second]) else {
                    throw Problem(.hostFailure, "the \(family.name) rules of \(undo.fault.mark) kept their old end")
                }
            }
        }
        return stop.backstop
    }
}
