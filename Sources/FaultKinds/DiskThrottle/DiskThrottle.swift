// disk.throttle: a disk is slow for some containers.
public import FaultModel

/// Limits how fast containers read from and write to one disk.
public struct DiskThrottle: FaultKind {
    public struct Parameters: Sendable {
        var targets: ContainerSelection
        var path: String
        var limits: [CgroupLimit]
    }

    public init() {}

    private static let path = Field<String>(
        "path", "The disk: its device such as /dev/sda, or a path on its filesystem.",
        check: { $0.hasPrefix("/") ? nil : "must be an absolute path such as /var/lib/docker" })
    private static let read = Field<ByteSize>("read_bps", "Bytes a second that are read at most, such as 1MiB.", check: atLeast)
    private static let write = Field<ByteSize>("write_bps", "Bytes a second that are written at most, such as 1MiB.", check: atLeast)
    private static let readOperations = Field<Int>("read_iops", "Reads a second at most.", check: { $0 > 0 ? nil : "must be at least 1" })
    private static let writeOperations = Field<Int>("write_iops", "Writes a second at most.", check: { $0 > 0 ? nil : "must be at least 1" })
    private static let atLeast: @Sendable (ByteSize) -> String? = { $0.bytes >= 1024 ? nil : "must be at least 1KiB" }

    public let name = "disk.throttle"
    public let summary = "Slow a disk down for some containers"
    public let details = """
        Limits the bytes or operations a second of the chosen containers on one disk, in their control groups, and reads the limit back. The same \
        for a service is unit.limit (io_read_bandwidth_max and its like).
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The line of that disk in io.max of the container's own control group, or on cgroup v1 in its blkio.throttle files. A limit counts \
                for the whole disk, whichever partition or filesystem of it is used.
                """,
            undo: LimitManual.undo, backstop: LimitManual.backstop,
            next: """
                What the container reads from or writes to the disk waits its turn: fsync takes long, queues grow, health checks that touch the disk \
                time out. On cgroup v1 only direct and synchronous writes are slowed down: what the page cache takes is written for everybody by the \
                kernel.
                """)
    }
    public let requires: [Capability] = [.containerRuntime]
    public var fields: [FieldDescription] {
        var path = Self.path.description
        path.required = true
        return ContainerSelection.fields
            + [path, Self.read.description, Self.write.description, Self.readOperations.description, Self.writeOperations.description]
    }
    public var examples: [KindExample] {
        [
            KindExample("A database on a slow disk", ["name": "^job$", "path": "/var/lib/docker", "read_bps": "1MiB", "write_bps": "512KiB"]),
            KindExample("Ten writes a second", ["name": "^web$", "path": "/dev/sda", "write_iops": "10"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let targets = ContainerSelection(&reader)
        let path = reader.read(Self.path, standIn: "/")
        let limits = [
            reader.read(Self.read).map { CgroupLimit(.read, $0.bytes) }, reader.read(Self.write).map { CgroupLimit(.write, $0.bytes) },
            reader.read(Self.readOperations).map { CgroupLimit(.readOperations, Int64($0)) },
            reader.read(Self.writeOperations).map { CgroupLimit(.writeOperations, Int64($0)) },
        ].compactMap { $0 }
        if limits.isEmpty, reader.errors.isEmpty {
            reader.refuse("write_bps", "or read_bps, read_iops, write_iops is required: say what is limited")
        }
        return Parameters(targets: targets, path: path, limits: limits)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery(containers: true) }
    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try parameters.targets.plan(parameters.limits, disk: parameters.path, on: node)
    }
}
