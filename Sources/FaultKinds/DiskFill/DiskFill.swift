// disk.fill: a filesystem without room.
public import FaultModel

/// Takes up room on a filesystem by one file, and gives it back.
public struct DiskFill: FaultKind {
    public struct Parameters: Sendable {
        var path: String
        var percent: Double?
        var leave: Int64?
    }

    public init() {}

    private static let path = Field<String>(
        "path", "A directory on the filesystem that is filled, by its real path.",
        check: { $0 == "/" ? nil : FileSelection.complaint($0) })
    private static let percent = Field<Double>(
        "percent", "How full the filesystem is then, as df shows it.", check: { $0 > 0 && $0 <= 100 ? nil : "must be above 0 and at most 100" })
    private static let leave = Field<ByteSize>("leave", "How much is left for users other than root then.")

    public let name = "disk.fill"
    public let summary = "Fill a filesystem"
    public let details = """
        Takes up room by one file, allocated in one call where the filesystem can (ext4, xfs, btrfs, tmpfs), until the filesystem is so full, or \
        has so much left. On the disks of / and of faultd's journal, 64 MiB always stay free, those that only root may use included: the \
        node lives on, and the fault can be closed. Deleting the file needs no room.
        """
    public var manual: KindManual {
        KindManual(
            touches: "One file, .faultd-ID in the given directory, mode 0600. Room that others use or free meanwhile is not followed.",
            undo: """
                The file is deleted, by its name, which nobody else gives. If its filesystem is not mounted any more, the drift says that the file \
                is still on it.
                """,
            backstop: "systemd: a transient timer runs faultd revert for this fault half a second after the lease.",
            next: """
                Writers fail with ENOSPC; those of root may still use the filesystem's reserved blocks. On Kubernetes the kubelet sees disk pressure \
                within its housekeeping interval, taints the node and evicts pods; the taint goes away minutes after the fault. Images may be \
                deleted, which nothing brings back. Logs lost for want of room are lost.
                """)
    }
    public let requires: [Capability] = [.files]
    public var fields: [FieldDescription] {
        var path = Self.path.description
        path.required = true
        return [path, Self.percent.description, Self.leave.description]
    }
    public var examples: [KindExample] {
        [
            KindExample("Nearly full", ["path": "/srv/data", "percent": "95"]),
            KindExample("Ten mebibytes left", ["path": "/srv/data", "leave": "10MiB"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let parameters = Parameters(
            path: reader.read(Self.path, standIn: "/"), percent: reader.read(Self.percent), leave: reader.read(Self.leave)?.bytes)
        if (parameters.percent == nil) == (parameters.leave == nil) { reader.refuse("percent", "or leave is required, and not both") }
        return parameters
    }

    public func needs(_ parameters: Parameters) -> NodeQuery {
        var query = NodeQuery()
        query.disks = [parameters.path]
        return query
    }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let disk = node.disks.first { $0.path == parameters.path } ?? DiskSight(path: parameters.path)
        if let problem = disk.problem {
            throw Problem(.noMatch, "\(disk.path) \(problem)", errors: [.init("spec.path", "\(disk.path) \(problem)")])
        }
        let wanted = Self.wanted(parameters, disk)
        guard wanted > 0 else { throw Self.full(parameters, disk) }
        let (bytes, note) = try Self.bounded(wanted, disk)
        var plan = Plan()
        plan.changes = [.disk(DiskChange(directory: disk.path, bytes: bytes))]
        plan.claims = [Claim("filesystem:\(disk.device)")]
        plan.targets = 1
        plan.notes = [note].compactMap { $0 }
        return plan
    }

    private static func wanted(_ parameters: Parameters, _ disk: DiskSight) -> Int64 {
        if let leave = parameters.leave { return disk.available - leave }
        let used = disk.total - disk.free
        return Int64((Double(used + disk.available) * (parameters.percent ?? 0) / 100).rounded(.up)) - used
    }

    /// - Returns: how much may be taken up, and why it is less than was wanted.
    private static func bounded(_ wanted: Int64, _ disk: DiskSight) throws(Problem) -> (Int64, String?) {
        if let memory = disk.memory, wanted > memory {
            throw Problem(
                .impossible, "\(disk.path) is in memory (\(disk.type)), and only \(ByteSize(memory).rounded) of that may be taken",
                hint: "ask for a lower percent or a larger leave: the kernel would kill processes for want of memory")
        }
        let bytes = min(wanted, disk.available)
        guard let reason = disk.reason, disk.free - bytes < Limits.diskFloor else { return (bytes, nil) }
        let allowed = disk.free - Limits.diskFloor
        let floor = ByteSize(Limits.diskFloor).rounded
        guard allowed > 0 else {
            throw Problem(.impossible, "\(disk.path) has only \(ByteSize(disk.free).rounded) left, and \(floor) must stay free there: \(reason)")
        }
        return (allowed, "\(floor) stay free on \(disk.path), more than was asked for: \(reason)")
    }

    private static func full(_ parameters: Parameters, _ disk: DiskSight) -> Problem {
        let used = disk.total - disk.free
        let percent = used + disk.available > 0 ? Int((Double(used) / Double(used + disk.available) * 100).rounded()) : 100
        let field = parameters.leave == nil ? "percent" : "leave"
        return Problem(
            .noEffect, "\(disk.path) is \(percent)% full already and has \(ByteSize(disk.available).rounded) left: nothing would be taken up",
            errors: [.init("spec.\(field)", field == "leave" ? "must be less than \(disk.available)" : "must be above \(percent)")])
    }
}
