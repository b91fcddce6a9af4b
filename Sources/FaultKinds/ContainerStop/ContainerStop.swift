// container.stop: containers are stopped as an operator would, and stay down until the lease ends.
public import FaultModel

/// Stops containers by their runtime, so that no restart policy acts.
public struct ContainerStop: FaultKind {
    public struct Parameters: Sendable {
        var targets: ContainerSelection
        var seconds: Int
    }

    public init() {}

    public let name = "container.stop"
    public let summary = "Stop containers and keep them down until the lease ends"
    public let details = """
        Stops the chosen containers by their runtime: SIGTERM, and SIGKILL when the timeout is over. Docker and podman take that for an operator's \
        wish, so no restart policy brings them back; at the end of the lease they are started again. A pod's container is made anew by its kubelet \
        at once.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The chosen containers, each pinned by id and start time. Pause containers are left alone unless asked for.
                """,
            undo: """
                A container that is down is started again, where its runtime can. One that was replaced or started by somebody else is left as it \
                is.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                Docker and podman leave a stopped container dead, whatever its restart policy, until the lease ends. The kubelet makes a new \
                container for its pod, after a back-off when that happens often. Compose and Swarm do as they do when an operator stops a \
                container.
                """)
    }
    public let requires: [Capability] = [.containerRuntime]
    public var fields: [FieldDescription] { ContainerSelection.fields + [StopTimeout.field.description] }
    public var examples: [KindExample] {
        [
            KindExample("A container down for the whole lease, whatever its restart policy", ["name": "^web$"]),
            KindExample("Without time to say goodbye", ["name": "^web$", "timeout": "0s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(targets: ContainerSelection(&reader), seconds: StopTimeout.read(&reader))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery(containers: true) }
    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try parameters.targets.plan(.stop(seconds: parameters.seconds), on: node)
    }
}
