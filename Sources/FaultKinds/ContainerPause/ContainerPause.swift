// container.pause: containers are frozen, and go on afterwards as if nothing had been.
public import FaultModel

/// Freezes containers: connections stay open and nobody answers on them.
public struct ContainerPause: FaultKind {
    public struct Parameters: Sendable {
        var targets: ContainerSelection
        var repeatEvery: Duration?
    }

    public init() {}

    private static let repeatEvery = RepeatEvery.field("Pause also whatever matches and runs then, this often, until the lease ends.")

    public let name = "container.pause"
    public let summary = "Freeze containers and let them go on afterwards"
    public let details = """
        Freezes every process of the chosen containers by the runtime's own pause. They keep their memory, their addresses and their connections, \
        and answer nothing: what a hung process looks like to its peers. At the end they go on where they were, the same run under the same id.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The chosen containers of Docker and podman, each pinned by id and start time. CRI (containerd, CRI-O) knows no pause: a pod's \
                container is refused; process.pause with its container's id freezes its processes.
                """,
            undo: """
                A container that is still paused, in the same run, is unpaused. One that somebody else unpaused, restarted, stopped or removed is \
                left as it is, and that is told.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                No restart policy acts on a paused container. Docker's own health checks are not run in it meanwhile; a load balancer's or an \
                orchestrator's probes fail, and it may be replaced for that.
                """)
    }
    public let requires: [Capability] = [.containerRuntime]
    public var fields: [FieldDescription] { ContainerSelection.fields + [Self.repeatEvery.description] }
    public var examples: [KindExample] {
        [
            KindExample("A web server that hangs", ["name": "^web$"]),
            KindExample("Half of what runs an image, exactly two of them", ["image": "lab/work", "expect": "2", "percent": "50", "seed": "3"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(targets: ContainerSelection(&reader), repeatEvery: reader.read(Self.repeatEvery))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery(containers: true) }
    public func repeats(_ parameters: Parameters) -> Duration? { parameters.repeatEvery }
    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan { try parameters.targets.plan(.pause, on: node) }
}
