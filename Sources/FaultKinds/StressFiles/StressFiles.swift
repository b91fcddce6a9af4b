// stress.files: open files run short.
public import FaultModel

/// Holds open files.
public struct StressFiles: FaultKind {
    public struct Parameters: Sendable { var count: Int }

    public init() {}

    private static let count = Field<Int>("count", "Files to hold open.", check: { $0 > 0 ? nil : "must be at least 1" })
    /// The worker's own, besides those that it was asked for.
    private static let own = 64
    /// Of the kernel, for each open file.
    private static let bytesPerFile: Int64 = 512

    public let name = "stress.files"
    public let summary = "Hold many open files, so that others find none left"
    public let details = """
        A worker holds the given number of files open (/dev/null, again and again), against the node's fs.file-max. Some thousands always stay for the \
        node. A process's own limit (LimitNOFILE=) is its own and is not touched.
        """
    public var manual: KindManual {
        .workers(
            touches: "Open files (fs.file-nr), and about half a KiB of the kernel's memory for each: one worker of faultd's own.",
            next: """
                Where fs.file-max is reached, open, accept and socket fail with ENFILE for everybody but root with CAP_SYS_ADMIN: servers stop \
                accepting connections, and log lines are lost.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] {
        var count = Self.count.description
        count.required = true
        return [count]
    }
    public var examples: [KindExample] { [KindExample("Ten thousand", ["count": "10000"])] }

    public func parameters(_ reader: inout SpecReader) -> Parameters { Parameters(count: reader.read(Self.count, standIn: 1)) }

    public func needs(_ parameters: Parameters) -> NodeQuery { Placement().query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (count, left) = (parameters.count, try node.known())
        try Rest.require(count, of: left.filesLeft, rest: Rest.files, "open files", "count")
        try Rest.require(count, of: left.filesPerProcess, rest: Self.own, "open files of one process", "count")
        let memory = left.memoryAvailable - Rest.memory(of: left.memoryTotal)
        try Rest.require(count, of: Int(memory / Self.bytesPerFile), rest: 0, "open files, by the memory that each takes,", "count")
        var worker = Worker(.faultd, ["files", String(count)], summary: "\(count) files held open")
        worker.filesMax = count + Self.own
        return try Placement().plan(worker, on: node)
    }
}
