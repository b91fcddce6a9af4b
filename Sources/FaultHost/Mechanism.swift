// What the host asks of one mechanism, and how a change or an undo finds its own.
import FaultModel

/// The verbs of `Host` for the changes of one mechanism; their meanings are those of `Host`.
protocol Mechanism<Act, Back>: Sendable {
    associatedtype Act: ChangePart
    associatedtype Back: UndoPart

    func prepare(_ change: Act, for fault: FaultID) async throws(Problem) -> Back
    func foresee(_ undo: Back, until deadline: Moment) async throws(Problem) -> Backstop?
    func arm(_ undo: Back, until deadline: Moment) async throws(Problem) -> Backstop?
    func apply(_ change: Act, undo: Back, until deadline: Moment) async throws(Problem) -> Evidence
    func revert(_ undo: Back) async throws(Problem) -> RevertOutcome
    func observe(_ undo: Back) async throws(Problem) -> Evidence
    func follow(_ undo: Back) -> AsyncStream<Evidence>?
    func inventory() async throws(Problem) -> [Artefact]
    func remove(_ artefact: Artefact) async throws(Problem)
    func capabilities() async -> [CapabilityReport]
}

extension Mechanism {
    /// Nothing comes by itself.
    func follow(_ undo: Back) -> AsyncStream<Evidence>? { nil }
    /// It leaves nothing behind that could be found without its undo.
    func inventory() async throws(Problem) -> [Artefact] { [] }
    func remove(_ artefact: Artefact) async throws(Problem) {
        throw Problem(.internalError, "\(artefact.name) is of a mechanism that leaves nothing to remove")
    }
    func capabilities() async -> [CapabilityReport] { [] }
}

/// An undo with the mechanism that it is for.
struct Bound<M: Mechanism>: BoundUndo {
    let mechanism: M
    let undo: M.Back

    init(_ mechanism: M, _ undo: M.Back) {
        self.mechanism = mechanism
        self.undo = undo
    }

    func foresee(until deadline: Moment) async throws(Problem) -> Backstop? { try await mechanism.foresee(undo, until: deadline) }
    func arm(until deadline: Moment) async throws(Problem) -> Backstop? { try await mechanism.arm(undo, until: deadline) }
    func revert() async throws(Problem) -> RevertOutcome { try await mechanism.revert(undo) }
    func observe() async throws(Problem) -> Evidence { try await mechanism.observe(undo) }
    func follow() -> AsyncStream<Evidence>? { mechanism.follow(undo) }
}

/// The same, of whichever mechanism.
protocol BoundUndo: Sendable {
    func foresee(until deadline: Moment) async throws(Problem) -> Backstop?
    func arm(until deadline: Moment) async throws(Problem) -> Backstop?
    func revert() async throws(Problem) -> RevertOutcome
    func observe() async throws(Problem) -> Evidence
    func follow() -> AsyncStream<Evidence>?
}
