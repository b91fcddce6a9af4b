// container.limit: containers get less CPU, memory or fewer processes while they run.
public import FaultModel

/// Sets limits in the control groups of running containers.
public struct ContainerLimit: FaultKind {
    public struct Parameters: Sendable {
        var targets: ContainerSelection
        var limits: [CgroupLimit]
    }

    public init() {}

    private static let cpus = Field<Double>(
        "cpus", "How many CPUs it may keep busy, such as 0.5; as docker run --cpus has it.",
        check: { $0 >= 0.01 && $0 <= 1024 ? nil : "must be at least 0.01 and at most 1024" })
    private static let memory = Field<ByteSize>(
        "memory", "How much memory it may use. The kernel reclaims what is above, and kills in the container where that is not enough.",
        check: { $0.bytes >= 4 << 20 ? nil : "must be at least 4MiB" })
    private static let pids = Field<Int>("pids", "How many processes and threads it may have.", check: { $0 > 0 ? nil : "must be at least 1" })

    public let name = "container.limit"
    public let summary = "Limit the CPU, memory or processes of containers while they run"
    public let details = """
        Writes limits into the control groups of the chosen containers, of whichever runtime, and reads them back: what the kernel does not \
        enforce is an error. A container that has a tighter limit already is refused.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                Files of the container's own control group: cpu.max, memory.max and pids.max, or on cgroup v1 cpu.cfs_quota_us, \
                memory.limit_in_bytes and pids.max. The runtime's configuration of the container is not changed.
                """,
            undo: LimitManual.undo, backstop: LimitManual.backstop,
            next: """
                A container at its CPU limit is throttled and answers late; above its memory limit the kernel kills in it (OOM) and the restart \
                policy or the kubelet acts, after which the new run is not limited. docker update and a systemd daemon-reload with Docker's systemd \
                driver may write the same files; that is told as drift.
                """)
    }
    public let requires: [Capability] = [.containerRuntime]
    public var fields: [FieldDescription] { ContainerSelection.fields + [Self.cpus.description, Self.memory.description, Self.pids.description] }
    public var examples: [KindExample] {
        [
            KindExample("A tenth of a CPU", ["name": "^web$", "cpus": "0.1"]),
            KindExample("Little memory and few processes", ["name": "^job$", "memory": "64MiB", "pids": "50"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let targets = ContainerSelection(&reader)
        let limits = [
            reader.read(Self.cpus).map { CgroupLimit(.cpu, Int64(($0 * 1000).rounded())) },
            reader.read(Self.memory).map { CgroupLimit(.memory, $0.bytes) }, reader.read(Self.pids).map { CgroupLimit(.pids, Int64($0)) },
        ].compactMap { $0 }
        if limits.isEmpty, reader.errors.isEmpty { reader.refuse("cpus", "or memory, or pids is required: say what is limited") }
        return Parameters(targets: targets, limits: limits)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery(containers: true) }
    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try parameters.targets.plan(parameters.limits, on: node)
    }
}
