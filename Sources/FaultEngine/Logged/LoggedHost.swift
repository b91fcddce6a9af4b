// A host that tells of every call, before and after: what an operator reads at level debug, and where a crash test stops the daemon.
public import FaultModel
public import Logging

/// Put in front of the host where debug lines are wanted, so that where they are not, nothing is in the way.
public struct LoggedHost: Host {
    private let host: any Host
    private let calls: CallLog

    public init(_ host: any Host, logger: Logger) {
        self.host = host
        calls = CallLog(who: "host", logger: logger)
    }

    public func resolve(_ query: NodeQuery) async throws(Problem) -> NodeView {
        try await calls.tell("resolve") { () throws(Problem) in try await host.resolve(query) }
    }

    public func prepare(_ change: Change, for fault: FaultID) async throws(Problem) -> Undo {
        try await calls.tell("prepare \(change.mechanism)", fault) { () throws(Problem) in try await host.prepare(change, for: fault) }
    }

    public func foresee(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await calls.tell("foresee \(undo.mechanism)") { () throws(Problem) in try await host.foresee(undo, until: deadline) }
    }

    public func arm(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await calls.tell("arm \(undo.mechanism)") { () throws(Problem) in try await host.arm(undo, until: deadline) }
    }

    public func apply(_ change: Change, undo: Undo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await calls.tell("apply \(undo.mechanism)") { () throws(Problem) in try await host.apply(change, undo: undo, until: deadline) }
    }

    public func revert(_ undo: Undo) async throws(Problem) -> RevertOutcome {
        try await calls.tell("revert \(undo.mechanism)") { () throws(Problem) in try await host.revert(undo) }
    }

    public func observe(_ undo: Undo) async throws(Problem) -> Evidence {
        try await calls.tell("observe \(undo.mechanism)") { () throws(Problem) in try await host.observe(undo) }
    }

    public func follow(_ undo: Undo) -> AsyncStream<Evidence>? { host.follow(undo) }

    public func inventory() async throws(Problem) -> [Artefact] {
        try await calls.tell("inventory") { () throws(Problem) in try await host.inventory() }
    }

    public func remove(_ artefact: Artefact) async throws(Problem) {
        try await calls.tell("remove \(artefact.name)", artefact.fault) { () throws(Problem) in try await host.remove(artefact) }
    }

    public func capabilities() async -> [CapabilityReport] { await host.capabilities() }
}
