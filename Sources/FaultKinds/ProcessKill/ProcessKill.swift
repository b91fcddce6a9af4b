// process.kill: processes get a signal, and what supervises them is watched and helped.
public import FaultModel

/// Kills processes, each pinned so that no other can be hit in its place.
public struct ProcessKill: FaultKind {
    public struct Parameters: Sendable {
        var targets: ProcessSelection
        var signal: Signal
        var repeatEvery: Duration?
    }

    public init() {}

    private static let signal = Field<Signal>("signal", default: .kill, "The signal; anything but KILL may be handled or ignored by the process.")
    private static let repeatEvery = RepeatEvery.field("Kill again whatever matches then, this often, until the lease ends.")

    public let name = "process.kill"
    public let summary = "Kill processes, or send them another signal"
    public let details = """
        Sends a signal to the chosen processes, each held by a pidfd and its start time, and looks whether SIGKILL has ended them. A service whose \
        main process is hit is started at the end of the lease if nothing has until then, and so is a container. A process that nothing starts \
        again can't be brought back: that needs allow_irreversible.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The chosen processes and no others; what ends with them: their service or container when its first process is one of them. The \
                first process, threads of the kernel, faultd and what it runs below, the caller, sshd, D-Bus, journald, logind and whatever \
                belongs to a protected unit are refused. Only processes of faultd's own pid namespace, and those below it, are seen.
                """,
            undo: """
                A service that was active and is down at the end is started; a container that is down is started, where its runtime can. Nothing \
                else is brought back: a process by itself, or a worker whose main process lives on, is asked for with allow_irreversible.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                systemd restarts a service by its Restart= and counts that against StartLimitBurst=. Restart policies and the kubelet bring \
                containers back. A main process may start its workers anew, or end as well.
                """)
    }
    public let requires: [Capability] = [.pidfd]
    public var fields: [FieldDescription] { ProcessSelection.fields + [Self.signal.description, Self.repeatEvery.description] }
    public var examples: [KindExample] {
        [
            KindExample("The main process of a service, by its command line", ["command": "nginx: master"]),
            KindExample("A whole service at once", ["unit": "nginx", "signal": "KILL", "max": "8"]),
            KindExample("Again and again, asked politely", ["name": "^node-agent$", "signal": "TERM", "repeat_every": "10s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(
            targets: ProcessSelection(&reader), signal: reader.read(Self.signal) ?? .kill, repeatEvery: reader.read(Self.repeatEvery))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.targets.needs(containers: true) }
    public func repeats(_ parameters: Parameters) -> Duration? { parameters.repeatEvery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (chosen, notes) = try parameters.targets.chosen(on: node)
        let families = ProcessFamilies(chosen, node)
        var plan = Plan()
        // Reverted last: what the signal took down runs again.
        if !families.containers.isEmpty { plan.changes = [.containers(ContainerChange(action: .keepRunning, targets: families.containers))] }
        plan.changes.append(.processes(ProcessChange(action: .signal(parameters.signal), targets: families.pins)))
        plan.claims = families.pins.map { .process($0) } + families.units.map { .unit($0, shared: true) }
        plan.claims += families.containers.map { Claim(Claim.container($0).resource, shared: true) }
        plan.targets = families.pins.count
        plan.notes = notes
        plan.spared = node.callerLine
        return plan
    }
}
