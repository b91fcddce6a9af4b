// container.kill: containers die, and recovery is watched.
public import FaultModel

/// Kills containers as a crash would, and tells what came back, as what, and how fast.
public struct ContainerKill: FaultKind {
    public enum Method: String, SpecWord {
        /// A signal to the first process: the runtime sees a crash and its restart policy acts.
        case crash
        /// The runtime's own kill: it counts as stopped by hand.
        case api
    }

    public struct Parameters: Sendable {
        var targets: ContainerSelection
        var method: Method
        var signal: Signal
        var repeatEvery: Duration?
    }

    public init() {}

    private static let method = Field<Method>(
        "method", default: .crash,
        "crash: a signal to the container's first process, so that restart policies act; api: the runtime's own kill, after which Docker leaves it dead."
    )
    private static let signal = Field<Signal>("signal", default: .kill, "The signal; anything but KILL may be handled or ignored by the container.")
    private static let repeatEvery = RepeatEvery.field("Kill again whatever matches then, this often, until the lease ends.")

    public let name = "container.kill"
    public let summary = "Kill containers and watch them come back"
    public let details = """
        Kills the chosen containers, each pinned by id, start time and process, so that no other can be hit in its place. Pause containers are \
        left alone unless asked for. The answer follows recovery: the same container started again or another one in its place, and how long it \
        took. At the end of the lease a container that nothing brought back is started again, where its runtime can.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The chosen containers, each pinned by id, start time and process. Pause containers are left alone unless asked for.
                """,
            undo: """
                A container that nothing has brought back when the lease ends is started again, where its runtime can. One that was replaced or \
                started by somebody else is left as it is.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                After a crash Docker's and podman's restart policy acts, and the kubelet makes a new container after a back-off of 10s, 20s and so \
                on up to 5m. After method=api Docker takes it for stopped by hand and leaves it dead until the lease ends.
                """)
    }
    public let requires: [Capability] = [.containerRuntime]
    public var fields: [FieldDescription] {
        ContainerSelection.fields + [Self.method.description, Self.signal.description, Self.repeatEvery.description]
    }
    public var examples: [KindExample] {
        [
            KindExample("Every container of the API server", ["name": ".*kube-apiserver.*"]),
            KindExample("One of several, chosen by a seed", ["image": "lab/work", "count": "1", "seed": "7"]),
            KindExample("By the runtime's own kill: stays dead until the lease ends", ["name": "^web$", "method": "api"]),
            KindExample("Half of a namespace's containers, again and again", ["namespace": "kube-system", "percent": "50", "repeat_every": "10s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(
            targets: ContainerSelection(&reader), method: reader.read(Self.method) ?? .crash, signal: reader.read(Self.signal) ?? .kill,
            repeatEvery: reader.read(Self.repeatEvery))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery(containers: true) }
    public func repeats(_ parameters: Parameters) -> Duration? { parameters.repeatEvery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try parameters.targets.plan(parameters.method == .crash ? .signal(parameters.signal) : .apiKill(parameters.signal), on: node)
    }
}
