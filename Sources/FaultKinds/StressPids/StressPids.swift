// stress.pids: processes run short.
public import FaultModel

/// Holds tasks (processes and threads are the same to every limit), each of which only sleeps.
public struct StressPids: FaultKind {
    public struct Parameters: Sendable {
        var count: Int
        var place: Placement
    }

    public init() {}

    private static let count = Field<Int>(
        "count", "Tasks to hold.", check: { (1...1_000_000).contains($0) ? nil : "must be 1 to 1000000" })
    /// The worker's own, besides those that it was asked for.
    private static let own = 64
    /// Of the kernel, for each task: its stack and its structures.
    private static let bytesPerTask: Int64 = 32 << 10

    public let name = "stress.pids"
    public let summary = "Hold many processes, so that others find none left"
    public let details = """
        A worker holds the given number of tasks, which sleep: threads, as the kernel's limits (pid_max, TasksMax=, a container's pids limit) count them \
        like processes. Inside a unit or container it takes as many as the limit leaves, and says how many. Some hundreds always stay for the node.
        """
    public var manual: KindManual {
        .workers(
            touches: "Numbers of processes, and about 32 KiB of the kernel's memory for each: one worker of faultd's own with sleeping threads.",
            next: """
                Where the limit is reached, fork and clone fail with EAGAIN: shells say "Resource temporarily unavailable", servers can't start \
                threads, and container runtimes can't exec probes.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] {
        var count = Self.count.description
        count.required = true
        return [count] + Placement.fields
    }
    public var examples: [KindExample] {
        [
            KindExample("A thousand of the node's", ["count": "1000"]),
            KindExample("As many as a container's limit leaves", ["count": "2000", "container": "web"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(count: reader.read(Self.count, standIn: 1), place: Placement.read(&reader))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.place.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (count, left) = (parameters.count, try node.known())
        try Rest.require(count, of: left.tasksLeft, rest: Rest.tasks, "tasks", "count")
        let memory = left.memoryAvailable - Rest.memory(of: left.memoryTotal)
        try Rest.require(count, of: Int(memory / Self.bytesPerTask), rest: 0, "tasks, by the memory that each takes,", "count")
        var worker = Worker(.faultd, ["tasks", String(count)], summary: "\(count) tasks held")
        worker.tasksMax = count + Self.own
        return try parameters.place.plan(worker, on: node)
    }
}
