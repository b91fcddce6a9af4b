// The properties of a worker's transient unit.
import FaultModel
import Glibc

/// What `systemd-run` would be told.
struct WorkerUnit {
    let worker: Worker
    let placed: WorkerUndo.Placed
    let fault: FaultID
    /// Words that run faultd itself.
    let program: [String]
    /// From now on, to be over in any case.
    let runtime: Duration

    private var stem: String { String(placed.unit.dropLast(".service".count)) }
    /// On a file system in memory, removed by the manager when the unit stops.
    private var runtimeFolder: String { "/run/\(stem)" }

    private var command: [String] {
        get throws(Problem) {
            var words = worker.arguments
            switch worker.program {
            case .faultd: words = program + ["worker"] + words
            case .stressNG: words = [try StressNG.require(), "--quiet", "--temp-path", placed.folder ?? runtimeFolder] + words
            }
            if placed.groups.isEmpty { return words }
            return program + ["worker", "join"] + groupOptions + ["--"] + words
        }
    }

    private var groupOptions: [String] { placed.groups.flatMap { ["--group", $0] } }

    /// It says when it is ready; of other programs is only known that they were started.
    private var type: String { worker.program == .faultd ? "notify" : "exec" }

    /// The first to be killed when memory runs out, with nothing of anybody's beside it, and without a moment to say goodbye.
    var properties: [(String, BusValue)] {
        get throws(Problem) {
            var all: [(String, BusValue)] = [
                ("Description", .string("faultd: \(worker.summary), for fault \(fault.text)")),
                ("DefaultDependencies", .bool(false)), ("Conflicts", .strings(["shutdown.target"])), ("Before", .strings(["shutdown.target"])),
                ("Type", .string(type)), ("NotifyAccess", .string("main")),
                ("ExecStart", Systemd.executions([try command], mayFail: false)),
                // What has ended too early stays to be seen; what was stopped is forgotten.
                ("RemainAfterExit", .bool(true)), ("CollectMode", .string("inactive")), ("SuccessExitStatus", Self.killedIsFine),
                ("KillMode", .string("control-group")), ("KillSignal", .int32(SIGKILL)), ("TimeoutStopUSec", Self.microseconds(.seconds(5))),
                ("TimeoutStartUSec", Self.microseconds(Workers.Limit.start)), ("RuntimeMaxUSec", Self.microseconds(runtime)),
                ("OOMScoreAdjust", .int32(1000)), ("RuntimeDirectory", .strings([stem])), ("WorkingDirectory", .string(runtimeFolder)),
                ("NoNewPrivileges", .bool(true)), ("CapabilityBoundingSet", .uint64(capabilities)), Systemd.quiet,
                ("CPUAccounting", .bool(true)), ("MemoryAccounting", .bool(true)), ("TasksAccounting", .bool(true)),
            ]
            if case .slice(let slice) = worker.place { all.append(("Slice", .string(slice))) }
            if let most = worker.tasksMax { all.append(("TasksMax", .uint64(UInt64(most)))) }
            if let most = worker.filesMax { all += ["LimitNOFILE", "LimitNOFILESoft"].map { ($0, .uint64(UInt64(most))) } }
            // Pinned a moment ago; whoever else works in it looks whether it is still the one.
            if let network = placed.network { all.append(("NetworkNamespacePath", .string("/proc/\(network.pid)/ns/net"))) }
            if !placed.groups.isEmpty {
                all.append(("ExecStopPost", Systemd.executions([program + ["worker", "leave"] + groupOptions], mayFail: true)))
            }
            return all
        }
    }

    /// CAP_DAC_OVERRIDE, for folders and groups of whatever owner; CAP_NET_BIND_SERVICE, CAP_NET_ADMIN and CAP_NET_RAW for what answers in others'
    /// place (capabilities(7)).
    private var capabilities: UInt64 { 1 << 1 | (worker.program == .faultd ? 1 << 10 | 1 << 12 | 1 << 13 : 0) }

    /// `SuccessExitStatus=SIGKILL`: exit statuses and signals.
    private static var killedIsFine: BusValue { .structure([.array(of: "i", []), .array(of: "i", [.int32(SIGKILL)])]) }

    private static func microseconds(_ time: Duration) -> BusValue { .uint64(UInt64(max(1, time.nanoseconds / 1000))) }
}
