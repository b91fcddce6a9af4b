// The durable memory: what is written here survives the daemon and the node's power.

/// One thing to write.
public enum JournalEntry: Sendable, Hashable {
    /// A fault as it now stands, new or changed.
    case fault(FaultRecord)
    case halt(Halt?)
    case event(Event)
}

/// What the journal holds when it is opened.
public struct JournalState: Sendable, Hashable {
    /// Faults that are not final, oldest first.
    public var open: [FaultRecord]
    public var halt: Halt?
    /// Number of the newest event.
    public var lastEvent: Int64

    public init(open: [FaultRecord] = [], halt: Halt? = nil, lastEvent: Int64 = 0) {
        self.open = open
        self.halt = halt
        self.lastEvent = lastEvent
    }
}

/// Which faults of the history are wanted, newest first.
public struct HistoryQuery: Sendable, Hashable {
    public var states: [FaultState] = []
    public var kind: String?
    public var labels: [String: String] = [:]
    /// Only those older than this one: the last of the page before.
    public var after: FaultID?
    public var limit = 100

    public init() {}

    public func matches(_ record: FaultRecord) -> Bool {
        (states.isEmpty || states.contains(record.state))
            && (kind == nil || kind == record.kind)
            && labels.allSatisfy { record.labels.values[$0.key] == $0.value }
            && (after.map { record.id < $0 } ?? true)
    }
}

/// Writes are durable when `write` returns, all of one call or none.
public protocol Journal: Sendable {
    func load() async throws(Problem) -> JournalState
    func write(_ entries: [JournalEntry]) async throws(Problem)
    func fault(_ id: FaultID) async throws(Problem) -> FaultRecord?
    func fault(idempotencyKey: String) async throws(Problem) -> FaultRecord?
    func history(_ query: HistoryQuery) async throws(Problem) -> [FaultRecord]
    /// Events after `seq`, oldest first.
    func events(after seq: Int64, limit: Int) async throws(Problem) -> [Event]
}
