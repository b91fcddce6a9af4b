// What a node has left of what can run out.

/// Read when a fault is planned, so that none takes the last of anything.
public struct NodeResources: Sendable, Hashable {
    public var cpus: Int
    /// Bytes (MemTotal and MemAvailable of proc_meminfo(5)).
    public var memoryTotal: Int64
    public var memoryAvailable: Int64
    /// Processes and threads that there may be more.
    public var tasksLeft: Int
    /// Files that may be opened more, in all.
    public var filesLeft: Int
    /// Files that one process may have open at most.
    public var filesPerProcess: Int

    public init(cpus: Int, memoryTotal: Int64, memoryAvailable: Int64, tasksLeft: Int, filesLeft: Int, filesPerProcess: Int) {
        self.cpus = cpus
        self.memoryTotal = memoryTotal
        self.memoryAvailable = memoryAvailable
        self.tasksLeft = tasksLeft
        self.filesLeft = filesLeft
        self.filesPerProcess = filesPerProcess
    }
}
