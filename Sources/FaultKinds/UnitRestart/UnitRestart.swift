// unit.restart: units are restarted, once or again and again.
public import FaultModel

/// Restarts units by the manager, and tells how long each took.
public struct UnitRestart: FaultKind {
    public struct Parameters: Sendable {
        var selection: UnitSelection
        var repeatEvery: Duration?
    }

    public init() {}

    public let name = "unit.restart"
    public let summary = "Restart systemd units, once or in a loop"
    public let details = """
        What `systemctl restart` does, on units that run. The answer tells how often each was restarted and how long it was down. At the end of \
        the lease a unit that ran and does not, because a restart failed, is started again.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The units chosen, and the active units that systemd restarts or stops along with them (Requires=, BindsTo=, PartOf=); they are named \
                beforehand.
                """,
            undo: """
                Every unit that ran before and is down when the lease ends is started again, after its count of failed starts is cleared. One that \
                runs, in whatever invocation, is left as it is; one that was masked or removed meanwhile is told as drift.
                """,
            backstop: """
                systemd: a transient timer starts the units again half a second after the lease and runs faultd revert for this fault.
                """,
            next: """
                Clients see the connection go and come back. A loop that is faster than StartLimitBurst= starts within StartLimitIntervalSec= (5 in \
                10s if not set) makes systemd refuse to start the unit: it stays failed until the lease ends.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] { UnitSelection.fields + [UnitActPlan.repeatEvery.description] }
    public var examples: [KindExample] {
        [
            KindExample("One service, once", ["unit": "nginx.service"]),
            KindExample("The same every 30 seconds", ["unit": "node-agent.service", "repeat_every": "30s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(selection: UnitSelection.read(&reader), repeatEvery: reader.read(UnitActPlan.repeatEvery))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query(withContainers: true) }
    public func repeats(_ parameters: Parameters) -> Duration? { parameters.repeatEvery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try UnitActPlan.make(
            .restart, parameters.selection, .init(doing: "restarting it", unlessInactive: "would start it"), on: node,
            note: { "systemd restarts with it: \($0)" })
    }
}
