// Units of systemd: the mechanism behind `Change.units`.
import FaultModel
import Synchronization

/// Stops units, keeps down what would start them, and starts them again. Talks to the manager over D-Bus and runs no program.
final class Systemd: Mechanism {
    struct Settings: Sendable {
        /// Tried in turn.
        var addresses = BusAddress.usual
        /// Words that run this very program, for units that do.
        var program = ["/usr/bin/faultd"]
        /// What the backstop runs besides starting the units; `--fault ID` is appended. Empty runs nothing.
        var revertCommand = ["/usr/bin/faultd", "revert"]
        /// What the manager runs once to see whether it could run the command above, which succeeds if so; empty where that is certain.
        var trial: [String] = []
        /// For a question to the manager.
        var callLimit = Duration.seconds(5)
        /// For stopping or starting units: longer than the manager's own DefaultTimeoutStopSec= and DefaultTimeoutStartSec= of 90 s.
        var jobLimit = Duration.seconds(120)
        /// How long a unit that is still being stopped when its fault ends may take before it is killed.
        var stopGrace = Duration.milliseconds(500)
        /// How long after the lease's end the backstop waits for the daemon to do it.
        var grace = Duration.milliseconds(500)
    }

    let settings: Settings
    let now: @Sendable () -> Moment
    let bus: Bus
    var program: [String] { settings.program }
    /// Under limits, libdispatch would tell of each thread that it may not lift a little above others.
    static let quiet: (String, BusValue) = ("Environment", .strings(["LIBDISPATCH_LOG=NO"]))
    private let memory = Mutex(Memory())
    /// What came of the trial, once it was made.
    let programRuns = Mutex<Bool?>(nil)

    init(_ settings: Settings = Settings(), now: @escaping @Sendable () -> Moment) {
        self.settings = settings
        self.now = now
        bus = Bus(addresses: settings.addresses, limit: settings.callLimit)
    }

    /// What is not needed to revert, only to tell the story right.
    private struct Memory {
        /// By fault that is being or was reverted: units that we started, with their new invocation.
        var started: [FaultID: [String: String]] = [:]
        static let most = 1024
    }

    /// From here on, units of the fault that come up were started by us or no longer concern it.
    func remember(reverting fault: FaultID) {
        memory.withLock { memory in
            if memory.started.count >= Memory.most, let oldest = memory.started.keys.min() { memory.started[oldest] = nil }
            if memory.started[fault] == nil { memory.started[fault] = [:] }
        }
    }

    func remember(started unit: UnitProperties, for fault: FaultID) {
        memory.withLock { $0.started[fault, default: [:]][unit.name] = unit.invocationID }
    }

    func forget(_ fault: FaultID) { memory.withLock { $0.started[fault] = nil } }
    func isReverting(_ fault: FaultID) -> Bool { memory.withLock { $0.started[fault] != nil } }

    func didStart(_ unit: UnitProperties, for fault: FaultID) -> Bool {
        memory.withLock { $0.started[fault]?[unit.name] == unit.invocationID }
    }

    /// Runs calls to the manager; what goes wrong is told as having gone wrong while `doing`.
    func asking<T>(to doing: String, _ body: () async throws(BusError) -> T) async throws(Problem) -> T {
        do throws(BusError) { return try await body() } catch { throw error.problem(doing) }
    }
}
