// unit.kill: the processes of units get a signal, and recovery is watched.
public import FaultModel

/// Kills services as a crash would, and tells what Restart= made of it and how fast.
public struct UnitKill: FaultKind {
    public struct Parameters: Sendable {
        var selection: UnitSelection
        var signal: Signal
        var whom: UnitProcesses
        var repeatEvery: Duration?
    }

    public init() {}

    private static let signal = Field<Signal>("signal", default: .kill, "The signal; anything but KILL may be handled or ignored by the service.")
    private static let whom = Field<UnitProcesses>(
        "whom", default: .main,
        "main: the service's main process; control: one that is starting, reloading or stopping it; all: every process in its cgroup.")

    public let name = "unit.kill"
    public let summary = "Send a signal to the processes of services and watch them come back"
    public let details = """
        The manager sends the signal, so no other process can be hit in the service's place. The answer follows recovery: whether the service runs \
        again, in which process, and how long that took. At the end of the lease a service that ran and that nothing brought back is started again.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The processes of the services chosen: the main one, the control process, or all in the service's cgroup. Nothing else is sent a \
                signal; units bound to a service that dies (BindsTo=) are taken down by systemd.
                """,
            undo: """
                Every unit that ran before and is down when the lease ends is started again, after its count of failed starts is cleared. One that \
                runs, in whatever invocation, is left as it is; one that was masked or removed meanwhile is told as drift.
                """,
            backstop: """
                systemd: a transient timer starts the units again half a second after the lease and runs faultd revert for this fault.
                """,
            next: """
                Restart= acts after RestartSec= (100ms if it is not set), unless StartLimitBurst= starts came within StartLimitIntervalSec=: then \
                the service stays failed until the lease ends. SIGTERM, SIGINT, SIGHUP and SIGPIPE count as a clean end, \
                which Restart=on-failure does not act on.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] {
        UnitSelection.fields + [Self.signal.description, Self.whom.description, UnitActPlan.repeatEvery.description]
    }
    public var examples: [KindExample] {
        [
            KindExample("A service's main process, as a crash", ["unit": "nginx.service"]),
            KindExample("Every process of it, by SIGTERM", ["unit": "node-agent.service", "signal": "TERM", "whom": "all"]),
            KindExample("One of several, chosen anew every 10 seconds", ["unit": "app-*.service", "count": "1", "repeat_every": "10s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(
            selection: UnitSelection.read(&reader), signal: reader.read(Self.signal) ?? .kill, whom: reader.read(Self.whom) ?? .main,
            repeatEvery: reader.read(UnitActPlan.repeatEvery))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query(withContainers: true) }
    public func repeats(_ parameters: Parameters) -> Duration? { parameters.repeatEvery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try UnitActPlan.make(
            .kill(parameters.signal, whom: parameters.whom), parameters.selection,
            .init(doing: "sending a signal to it", unlessInactive: "has nothing to hit", needsProcess: true, suffixes: [".service"]), on: node,
            note: { "systemd may take down with it, if it stays dead: \($0)" })
    }
}
