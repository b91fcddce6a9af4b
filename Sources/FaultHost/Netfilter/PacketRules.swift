// The mechanism behind `Change.packets`: the verbs of the host, handed to the backend.
import FaultModel

struct PacketRules: Mechanism {
    let backend: any PacketBackend

    func prepare(_ change: PacketChange, for fault: FaultID) async throws(Problem) -> PacketUndo { try await backend.prepare(change, for: fault) }
    func foresee(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop? { backend.foresee(until: deadline) }
    func arm(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop? { try await backend.rearm(undo, until: deadline) }
    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await backend.apply(change, undo: undo, until: deadline)
    }
    func revert(_ undo: PacketUndo) async throws(Problem) -> RevertOutcome { try await backend.revert(undo) }
    func observe(_ undo: PacketUndo) async throws(Problem) -> Evidence { try await backend.observe(undo) }
    func inventory() async throws(Problem) -> [Artefact] { try await backend.inventory() }
    func remove(_ artefact: Artefact) async throws(Problem) { try await backend.remove(artefact) }
    func capabilities() async -> [CapabilityReport] { [await backend.capability()] }
}
