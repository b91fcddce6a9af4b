// Packet rules in the legacy xtables, by libiptc in this process: what `iptables-legacy -S` shows.
import FaultModel

/// The verbs of `PacketBackend` on a thread of their own: libiptc blocks, and keeps global state that only one thread may use.
final class IptablesBackend: PacketBackend {
    private let tables: LegacyTables
    private let thread = DedicatedThread(name: "netfilter")

    /// - Parameter lock: the file that everybody who edits the tables locks, and how long others are waited for. In a container it must be
    ///   the node's file.
    init(lock path: String = XtablesLock().path, limit: Duration = XtablesLock().limit, proc: ProcNet = ProcNet()) {
        tables = LegacyTables(lock: XtablesLock(path: path, limit: limit, proc: proc), proc: proc)
    }

    deinit { thread.close() }

    func prepare(_ change: PacketChange, for fault: FaultID) async throws(Problem) -> PacketUndo {
        try await thread.run { [tables] () throws(Problem) in try tables.prepare(change, for: fault) }
    }

    func foresee(until deadline: Moment) -> Backstop { Datestop(deadline: deadline.wall).backstop }

    func rearm(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop {
        try await thread.run { [tables] () throws(Problem) in try tables.rearm(undo, until: Datestop(deadline: deadline.wall)) }
    }

    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await thread.run { [tables] () throws(Problem) in
            try tables.apply(change, undo: undo, until: Datestop(deadline: deadline.wall))
        }
    }

    func revert(_ undo: PacketUndo) async throws(Problem) -> RevertOutcome {
        try await thread.run(urgent: true) { [tables] () throws(Problem) in try tables.revert(undo) }
    }

    func observe(_ undo: PacketUndo) async throws(Problem) -> Evidence {
        try await thread.run { [tables] () throws(Problem) in try tables.observe(undo) }
    }

    func inventory() async throws(Problem) -> [Artefact] {
        try await thread.run { [tables] () throws(Problem) in try tables.inventory() }
    }

    func remove(_ artefact: Artefact) async throws(Problem) {
        try await thread.run(urgent: true) { [tables] () throws(Problem) in try tables.remove(artefact) }
    }

    func capability() async -> CapabilityReport {
        await thread.run { [tables] () throws(Never) in tables.capability() }
    }
}
