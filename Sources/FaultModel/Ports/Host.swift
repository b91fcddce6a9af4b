// The one door between the engine and a node.

/// A node's mechanisms. Each call does one thing and says how it went; none of them decides anything.
///
/// `revert` and `arm` are safe to run twice, and `revert` is safe without the change ever having been applied.
/// Every call ends within a time limit of its own: a mechanism that hangs makes it throw, never wait for ever.
public protocol Host: Sendable {
    /// Looks up what a kind needs to know. Reads only.
    func resolve(_ query: NodeQuery) async throws(Problem) -> NodeView

    /// What will take `change` back: the state as it is now. Reads only.
    func prepare(_ change: Change, for fault: FaultID) async throws(Problem) -> Undo

    /// What `arm` would set up now, or nil where this node has nothing that ends the change without the daemon. Reads only.
    func foresee(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop?

    /// Sets up what ends the change at `deadline` without the daemon, or moves it there after a renewal. Called before `apply`, and
    /// again on every renewal. Nil where the change needs no backstop, or this node has none.
    func arm(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop?

    /// Puts the change in force and checks that it is; refused once the deadline is over, since the backstop has fired then and nothing would
    /// end the change without the daemon. On an error the engine reverts, whatever was reached.
    func apply(_ change: Change, undo: Undo, until deadline: Moment) async throws(Problem) -> Evidence

    /// Takes the change and its backstop away and checks that they are gone. Gone already is success.
    func revert(_ undo: Undo) async throws(Problem) -> RevertOutcome

    /// What can be seen of the change now.
    func observe(_ undo: Undo) async throws(Problem) -> Evidence

    /// News of the change as it happens, until the consumer stops. Ends by itself when nothing more can come; nil where nothing ever comes.
    func follow(_ undo: Undo) -> AsyncStream<Evidence>?

    /// Everything on this node that carries a mark of ours.
    func inventory() async throws(Problem) -> [Artefact]

    /// Removes one of them, by its mark. Gone already is success.
    func remove(_ artefact: Artefact) async throws(Problem)

    /// What this node has of what kinds need.
    func capabilities() async -> [CapabilityReport]
}

extension Moment {
    /// For `Host.apply`.
    public func refuseIfOver(at now: Moment) throws(Problem) {
        guard now.boot >= boot else { return }
        throw Problem(.timedOut, "the lease was over before the fault was in force", hint: "take a longer lease")
    }
}

/// Something of ours on the node.
public struct Artefact: Sendable, Hashable, Codable {
    public enum Mechanism: String, Sendable, Hashable, Codable, CaseIterable {
        /// Rules with a fault's mark, and our chains and jumps (with no fault).
        case packets
        /// Transient timers and services that are backstops.
        case units
        /// Qdiscs with a fault's mark, and devices that they send packets through.
        case traffic
        /// Transient units of worker processes.
        case workers
        /// Notes of files that faults changed, in the state directory.
        case files
        /// The same of files that take up room.
        case disk
        /// Links that mask units, drop-ins that limit them.
        case unitOverrides = "unit-overrides"
    }
    public var mechanism: Mechanism
    /// Nil when it belongs to no single fault, such as an empty chain.
    public var fault: FaultID?
    /// What a person would find it by.
    public var name: String

    public init(mechanism: Mechanism, fault: FaultID?, name: String) {
        self.mechanism = mechanism
        self.fault = fault
        self.name = name
    }
}
