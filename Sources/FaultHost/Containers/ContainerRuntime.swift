// The small protocol in front of each container runtime, and what it tells of one container.
import FaultModel

/// One runtime at one socket. Every call ends within a limit of `ContainerLimits`.
protocol ContainerRuntime: Sendable {
    var kind: Runtime { get }
    /// Path of its Unix socket.
    var socket: String { get }

    /// Its name and version for people.
    func version() async throws(Problem) -> String
    /// Every container, running or not, sandboxes included.
    func list() async throws(Problem) -> [Container]
    /// Nil when it knows no such container.
    func inspect(_ id: String, isSandbox: Bool) async throws(Problem) -> ContainerRun?
    /// The runtime's own kill. A container that is dead or gone is as it should be.
    func kill(_ id: String, isSandbox: Bool, with signal: Signal) async throws(Problem)
    /// The runtime's own stop: SIGTERM, and SIGKILL after so many seconds. One that is dead or gone is as it should be.
    func stop(_ id: String, isSandbox: Bool, seconds: Int) async throws(Problem)
    /// The runtime's own restart, or a stop where it has none and a supervisor starts another.
    func restart(_ id: String, isSandbox: Bool, seconds: Int) async throws(Problem)
    /// Stops at once and deletes it; its volumes stay. One that is gone is as it should be.
    func remove(_ id: String, isSandbox: Bool) async throws(Problem)
    /// Freezes it and lets it go on. One that is so already is as it should be.
    func pause(_ id: String) async throws(Problem)
    func resume(_ id: String) async throws(Problem)
    /// Starts a dead container again.
    func start(_ id: String) async throws(Problem) -> StartAnswer
    /// A tick at once, or as soon as it answers, and whenever a container may have changed. It tells nothing more: who wakes up
    /// looks for itself, so a lost event loses nothing.
    func changes() -> AsyncStream<Void>
}

extension ContainerRuntime {
    func inspect(_ pin: ContainerPin) async throws(Problem) -> ContainerRun? { try await inspect(pin.id, isSandbox: pin.isSandbox) }
}

enum StartAnswer: Sendable, Hashable {
    case started
    /// Removed, or being removed.
    case gone
    /// With the runtime's reason.
    case refused(String)
}

/// One container in detail: who it is, and its present or last run.
struct ContainerRun: Sendable, Hashable {
    enum Health: Sendable, Hashable {
        case starting
        /// With the end of the first check that succeeded.
        case healthy(since: Timestamp?)
        case unhealthy
    }
    var container: Container
    /// 0 when it does not run.
    var pid: Int32 = 0
    /// The runtime's own text for the start of the run.
    var startedAt: String
    var startTime: Timestamp?
    var endTime: Timestamp?
    var exitCode: Int32?
    var autoRemove = false
    /// Nil where the runtime checks no health.
    var health: Health?

    var isAlive: Bool { container.state == "running" || container.state == "paused" }

    func isSameRun(as pin: ContainerPin) -> Bool { container.id == pin.id && startedAt == pin.startedAt }
}

extension ContainerPin {
    /// One run of one container; another start has another key.
    var runKey: String { "\(runtime.rawValue) \(id) \(startedAt)" }
}
