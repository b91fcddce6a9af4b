// Tables of packet rules as the calling thread sees them: in its network namespace, and blocking it.
import FaultModel

/// The verbs of `PacketBackend` in the network namespace of the calling thread.
protocol BlockingTables: Sendable {
    /// Which they are.
    static var tables: PacketTables { get }
    /// The same for a thread in another network namespace, where nothing that was opened in this one is of use.
    var elsewhere: Self { get }
    /// The same for calls that were all asked before now: what is read for one may serve the others.
    var round: Self { get }

    func prepare(_ change: PacketChange, for fault: FaultID) throws(Problem) -> PacketUndo
    func foresee(until deadline: Moment) -> Backstop
    func rearm(_ undo: PacketUndo, until deadline: Moment) throws(Problem) -> Backstop
    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) throws(Problem) -> Evidence
    func revert(_ undo: PacketUndo) throws(Problem) -> RevertOutcome
    func observe(_ undo: PacketUndo) throws(Problem) -> Evidence
    func inventory() throws(Problem) -> [Artefact]
    func remove(_ artefact: Artefact) throws(Problem)
    func capability() -> CapabilityReport
    func use() -> TableUse

    // The same for many faults, an answer for each: one that fails does not keep the others from it.
    func prepare(_ wanted: [(change: PacketChange, fault: FaultID)]) -> [Result<PacketUndo, Problem>]
    func rearm(_ wanted: [PacketRenewal]) -> [Result<Backstop, Problem>]
    func apply(_ wanted: [PacketApplication]) -> [Result<Evidence, Problem>]
    func revert(_ undos: [PacketUndo]) -> [Result<RevertOutcome, Problem>]
    func observe(_ undos: [PacketUndo]) -> [Result<Evidence, Problem>]
}

extension BlockingTables {
    var elsewhere: Self { self }
    var round: Self { self }
}

/// What others do with tables of one kind.
enum TableUse: Sendable, Hashable {
    /// In words: what they hold.
    case used(String)
    case unused
    /// The kernel has none, or not for us; in words.
    case missing(String)
}
