// Worker processes in transient units: the mechanism behind `Change.workers`.
import FaultModel
import Glibc

/// Starts units that systemd itself ends, by a timer of its own, when nobody else does.
final class Workers: Mechanism {
    let systemd: Systemd
    let containers: Containers
    let namespaces: Namespaces
    /// Files and folders are looked at here: a disk may take its time.
    let thread = DedicatedThread(name: "workers")

    enum Limit {
        /// For a unit to be started: the program is loaded from a disk that may be slow.
        static let start = Duration.seconds(15)
        /// For a unit to be stopped: SIGKILL is the first signal it gets.
        static let stop = Duration.seconds(15)
        /// A program that ends at once, because it was asked for the impossible, does so within this.
        static let settle = Duration.milliseconds(300)
        /// For killed processes to be gone from a control group.
        static let groupEnd = Duration.seconds(5)
        /// The second net under the backstop's timer: `RuntimeMaxSec=` can't be moved on a running unit, so it allows for renewals of a day.
        static let renewals = Duration.seconds(86_400)
        /// Bytes of a file system that stay free.
        static let diskRest: Int64 = 64 << 20
    }

    init(systemd: Systemd, containers: Containers, namespaces: Namespaces) {
        self.namespaces = namespaces
        self.systemd = systemd
        self.containers = containers
    }

    deinit { thread.close() }

    func foresee(_ undo: WorkerUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await systemd.foresee(undo.timer, until: deadline)
    }

    func arm(_ undo: WorkerUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await systemd.arm(undo.timer, until: deadline)
    }

    func capabilities() async -> [CapabilityReport] {
        guard let path = StressNG.path else {
            return [CapabilityReport(.stressNG, available: false, detail: "stress-ng is in none of \(StressNG.folders)", remedy: StressNG.remedy)]
        }
        return [CapabilityReport(.stressNG, available: true, detail: path)]
    }
}

extension WorkerUndo {
    /// Its service stops the workers by `Conflicts=` alone, with no program of ours, and runs `faultd revert` for what they left.
    var timer: BackstopTimer { BackstopTimer(fault: fault, part: "workers", stops: workers.map(\.unit)) }
}

/// The program that makes load.
enum StressNG {
    static let folders = ["/usr/bin", "/usr/local/bin", "/bin"]
    static let remedy = "apt install stress-ng"

    static var path: String? { folders.map { "\($0)/stress-ng" }.first { access($0, X_OK) == 0 } }

    static func require() throws(Problem) -> String {
        guard let path else { throw Problem(.missingDependency, "stress-ng is not installed", hint: remedy) }
        return path
    }
}
