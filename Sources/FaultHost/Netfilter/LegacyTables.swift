// The legacy iptables of this node, both families: reading, and editing under the lock. Blocks its thread.
import FaultModel

struct LegacyTables: Sendable {
    var lock = XtablesLock()
    var proc = ProcNet()
    /// What this round of calls has read; nil outside of one.
    var readings: TableReadings?
    var lengths = TableLengths()

    /// How often a table is read and edited anew because somebody changed it without the lock.
    static let attempts = 100
    static let backend = PacketTables.iptables.rawValue

    /// The table for reading, which sets it up where the kernel never did.
    func reading(_ family: IPFamily, _ kind: PacketTable) throws(Problem) -> Table {
        if let table = readings?[family, kind] { return table }
        let table = try Table(family, kind)
        readings?[family, kind] = table
        return table
    }

    /// The table for reading if the kernel has set it up; nil where it never did, so that no rule can be in it.
    func existing(_ family: IPFamily, _ kind: PacketTable = .filter) throws(Problem) -> Table? {
        switch proc.table(kind, family) {
        case .present: return try reading(family, kind)
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
        do throws(Problem) { return try reading(family, kind) } catch {
            if error == .noTable(family, kind) { return nil }
            throw error
        }
    }

    /// Edits a snapshot and sends it back, with the lock held by the caller. `change` may be run again on a fresh snapshot, that may
    /// already be as it wants it.
    func edit<T>(_ family: IPFamily, _ kind: PacketTable, _ change: (Table) throws(Problem) -> T) throws(Problem) -> T {
        readings?[family, kind] = nil
        for attempt in 1...Self.attempts {
            let table = try Table(family, kind)
            let result = try change(table)
            guard try table.commit(isLastAttempt: attempt == Self.attempts) else { continue }
            // What was not changed is what the kernel has.
            if !table.isEdited { readings?[family, kind] = table }
            return result
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

    /// Every table that may hold rules of ours.
    static let all = PacketTable.allCases.flatMap { kind in IPFamily.allCases.map { ($0, kind) } }
}
