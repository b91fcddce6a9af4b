// process.pause: processes are stopped by SIGSTOP and continue at the end.
public import FaultModel

/// Stops processes where they are.
public struct ProcessPause: FaultKind {
    public struct Parameters: Sendable {
        var targets: ProcessSelection
        var repeatEvery: Duration?
    }

    public init() {}

    private static let repeatEvery = RepeatEvery.field("Pause also whatever matches and runs then, this often, until the lease ends.")

    public let name = "process.pause"
    public let summary = "Stop processes with SIGSTOP and let them continue afterwards"
    public let details = """
        Sends SIGSTOP to the chosen processes, each held by a pidfd and its start time, and looks whether they have stopped: they keep memory, \
        files and connections, take no CPU time and answer nothing. At the end SIGCONT lets exactly those continue. Their children go on unless \
        they match too.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The chosen processes and no others. Those that are stopped already are left alone. The first process, threads of the kernel, \
                faultd and what it runs below, the caller, sshd, D-Bus, journald, logind and whatever belongs to a protected unit are refused. \
                Only processes of faultd's own pid namespace, and those below it, are seen.
                """,
            undo: """
                SIGCONT to each process that is still stopped and still the same one. One that somebody else continued is left as it is; one that \
                has ended meanwhile is told of.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                systemd leaves a stopped service alone, unless its WatchdogSec= runs out: then it is killed with SIGABRT and restarted. Probes of \
                a kubelet or a load balancer fail. A shell that started it sees it as suspended.
                """)
    }
    public let requires: [Capability] = [.pidfd]
    public var fields: [FieldDescription] { ProcessSelection.fields + [Self.repeatEvery.description] }
    public var examples: [KindExample] {
        [
            KindExample("Every process of a service", ["unit": "nginx"]),
            KindExample("One worker of several, chosen by a seed", ["name": "^nginx$", "user": "www-data", "count": "1", "seed": "7"]),
            KindExample("By command line, exactly one", ["command": "node-agent .*/manifests", "expect": "1"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(targets: ProcessSelection(&reader), repeatEvery: reader.read(Self.repeatEvery))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.targets.needs(containers: false) }
    public func repeats(_ parameters: Parameters) -> Duration? { parameters.repeatEvery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (chosen, notes) = try parameters.targets.chosen(on: node, { !$0.isStopped }, unfit: "stopped")
        let pins = chosen.map(ProcessPin.init)
        var plan = Plan()
        plan.changes = [.processes(ProcessChange(action: .pause, targets: pins))]
        plan.claims = pins.map { .process($0) }
        plan.targets = pins.count
        plan.notes = notes
        plan.spared = node.callerLine
        return plan
    }
}
