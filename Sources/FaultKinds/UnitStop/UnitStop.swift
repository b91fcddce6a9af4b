// unit.stop: systemd units go down and stay down.
public import FaultModel

/// Stops units, with whatever would start them again, and brings everything back as it was.
public struct UnitStop: FaultKind {
    public struct Parameters: Sendable {
        var selection: UnitSelection
        var force: Bool
    }

    public init() {}

    /// systemd finishes a stop before it starts a unit, however short the lease was (measured with systemd 252).
    static let force = Field<Bool>(
        "force", default: false,
        "Kill services that are still stopping when the fault ends. Otherwise a unit comes back when it has stopped, which its TimeoutStopSec= bounds."
    )

    public let name = "unit.stop"
    public let summary = "Stop systemd units and hold them down"
    public let details = """
        Stops the units, and first the sockets, timers and paths that would start them again. Units that systemd takes down along with them are \
        named beforehand. At the end everything that was active is started again, and containers that ran under a stopped Docker run again. \
        A transient systemd timer does the same without the daemon.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The units named, the sockets, timers and paths that would start them again, and the active units that systemd takes down with \
                them.
                """,
            undo: """
                Every one of them that was active is started again. A unit that was started by somebody else meanwhile is left as it is; one \
                that was masked or removed is told as drift.
                """,
            backstop: """
                systemd: a transient timer starts the units again half a second after the lease.
                """,
            next: """
                Restart= does not bring a unit back that was stopped on request. What depends on it by Requires= or BindsTo= goes down too. A \
                unit that is still stopping at the end of the lease starts when it has stopped, unless force=true asks for SIGKILL.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] { UnitSelection.fields + [Self.force.description] }
    public var examples: [KindExample] {
        [
            KindExample("One service", ["unit": "nginx.service"]),
            KindExample("Docker, which docker.socket would start again", ["unit": "docker.service"]),
            KindExample("Two services as one act", ["unit": "docker.service,node-agent.service"]),
            KindExample("Half of the services whose names match", ["unit": "app-*.service", "percent": "50", "seed": "7"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(selection: UnitSelection.read(&reader), force: reader.read(Self.force) ?? false)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query(withContainers: true) }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try Self.plan(parameters.selection, force: parameters.force, on: node)
    }
}
