// The one door to packet rules, whichever tables hold them.
import FaultModel

/// What puts the rules of a `PacketChange` in force and takes them back. Each call is one transaction, holds no state between calls and
/// may be repeated; the meanings are those of `Host`.
protocol PacketBackend: Sendable {
    /// Checks that every rule can be expressed and that the kernel has what it needs. Changes no rule.
    /// - Parameter namespace: where the rules are to be; nil is the node's own. The other verbs find it in the undo.
    func prepare(_ change: PacketChange, for fault: FaultID, in namespace: NamespacePin?) async throws(Problem) -> PacketUndo

    /// When the kernel would end such a fault by itself, and by what. Asks nobody.
    func foresee(until deadline: Moment) -> Backstop

    /// Moves the kernel's own end of the fault to `deadline` on the rules that are there, and says when that is.
    ///
    /// Called before `apply`, when no rule is there yet, and on renewals. It never puts rules in: what somebody removed meanwhile stays
    /// removed (`observe` tells), and without rules nothing can outlive the lease.
    func rearm(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop

    /// Puts all rules in force at once and checks that they are there. Rules of the same fault that are there already are replaced.
    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Evidence

    /// Removes everything that carries the fault's mark and checks that it is gone.
    func revert(_ undo: PacketUndo) async throws(Problem) -> RevertOutcome

    /// How many of the rules are there, and what they hit.
    func observe(_ undo: PacketUndo) async throws(Problem) -> Evidence

    /// The rules of every fault, and chains of ours that hold none.
    func inventory() async throws(Problem) -> [Artefact]

    /// Removes one of them. Gone already is success.
    func remove(_ artefact: Artefact) async throws(Problem)

    /// Whether this node has the tables, and how to get them.
    func capability() async -> CapabilityReport
}

extension PacketBackend {
    func prepare(_ change: PacketChange, for fault: FaultID) async throws(Problem) -> PacketUndo { try await prepare(change, for: fault, in: nil) }
}
