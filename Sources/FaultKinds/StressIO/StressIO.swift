// stress.io: a disk is busy.
public import FaultModel

/// Writes and reads files in a folder without a pause.
public struct StressIO: FaultKind {
    public struct Parameters: Sendable {
        var directory: String
        var workers: Int
        var size: MemorySize
        var place: Placement
    }

    public init() {}

    private static let directory = Field<String>(
        "directory", "An existing folder on the file system that is to be busy.",
        check: { $0.hasPrefix("/") && !$0.split(separator: "/").contains("..") ? nil : "must be an absolute path without \"..\"" })
    private static let workers = Field<Int>(
        "workers", default: 1, "Processes that write and read, each its own file.", check: { (1...64).contains($0) ? nil : "must be 1 to 64" })
    private static let size = Field<MemorySize>(
        "size", default: MemorySize(64 << 20), "Size of each of these files.", check: { $0.bytes >= 1 << 20 ? nil : "must be at least 1M" })

    public let name = "stress.io"
    public let summary = "Keep a disk busy with writes and reads"
    public let details = """
        Runs stress-ng's hdd workers in a transient unit: each writes a file, reads it back and begins anew, in a folder of their own inside the one \
        given. That folder is removed at the end with all that is in it, also after a crash or a power cut.
        """
    public var manual: KindManual {
        .workers(
            touches: "A new folder .faultd-worker-ID-1 in the directory given, with at most workers × size bytes; no other file.",
            more: "The folder is removed with all that is in it, links in it not followed. After a power cut that is done before the socket answers.",
            next: """
                Writes and flushes of others on the same disk wait longer; databases and etcd tell of slow fsyncs, and a leader may change. Caches \
                of files fall out of memory.
                """)
    }
    public let requires: [Capability] = [.systemd, .stressNG]
    public var fields: [FieldDescription] {
        var directory = Self.directory.description
        directory.required = true
        return [directory, Self.workers.description, Self.size.description] + Placement.fields
    }
    public var examples: [KindExample] {
        [
            KindExample("The disk of /var/lib", ["directory": "/var/lib"]),
            KindExample(
                "Two writers of small files, inside a service's limits",
                [
                    "directory": "/srv", "workers": "2", "size": "16M", "unit": "nginx.service",
                ]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(
            directory: reader.read(Self.directory, standIn: "/"), workers: reader.read(Self.workers) ?? 1,
            size: reader.read(Self.size) ?? MemorySize(64 << 20), place: Placement.read(&reader))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.place.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (workers, size) = (parameters.workers, parameters.size)
        var worker = Worker(
            .stressNG, ["--hdd", String(workers), "--hdd-bytes", String(size.bytes)],
            summary: "\(workers) \(workers == 1 ? "writer" : "writers") of \(size.text) in \(parameters.directory)")
        worker.directory = parameters.directory
        worker.directoryBytes = size.bytes.multipliedReportingOverflow(by: Int64(workers)).partialValue
        return try parameters.place.plan(worker, on: node)
    }
}
