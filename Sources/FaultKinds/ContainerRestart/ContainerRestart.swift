// container.restart: containers go down and come back at once, once or again and again.
public import FaultModel

/// Restarts containers by their runtime.
public struct ContainerRestart: FaultKind {
    public struct Parameters: Sendable {
        var targets: ContainerSelection
        var seconds: Int
        var repeatEvery: Duration?
    }

    public init() {}

    private static let repeatEvery = RepeatEvery.field("Restart again whatever matches then, this often, until the lease ends.")

    public let name = "container.restart"
    public let summary = "Restart containers, once or in a loop"
    public let details = """
        Restarts the chosen containers by their runtime, as docker restart does: SIGTERM, SIGKILL when the timeout is over, and a new start under \
        the same id. With repeat_every whatever matches is restarted again and again while the lease lasts. CRI has no restart: there the \
        container is stopped, and its kubelet makes a new one.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The chosen containers, each pinned by id and start time. Pause containers are left alone unless asked for.
                """,
            undo: """
                What was running at first and is down when the lease ends is started again, where its runtime can; there is nothing else to take \
                back. What a container had in memory is lost, as in any restart.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                Docker and podman start it again at once, and count that as no failure. The kubelet counts a restart of the pod, and waits longer \
                each time: 10s, 20s and so on up to 5m.
                """)
    }
    public let requires: [Capability] = [.containerRuntime]
    public var fields: [FieldDescription] { ContainerSelection.fields + [StopTimeout.field.description, Self.repeatEvery.description] }
    public var examples: [KindExample] {
        [
            KindExample("One restart", ["name": "^web$"]),
            KindExample("A crash loop of sorts: a restart every 10 seconds", ["name": "^web$", "timeout": "1s", "repeat_every": "10s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(targets: ContainerSelection(&reader), seconds: StopTimeout.read(&reader), repeatEvery: reader.read(Self.repeatEvery))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery(containers: true) }
    public func repeats(_ parameters: Parameters) -> Duration? { parameters.repeatEvery }
    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try parameters.targets.plan(.restart(seconds: parameters.seconds), on: node)
    }
}
