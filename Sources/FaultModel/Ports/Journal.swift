// The durable memory: what is written here survives the daemon and the node's power.

/// One thing to write.
public enum JournalEntry: Sendable, Hashable {
    /// A fault as it now stands, new or changed.
    case fault(FaultRecord)
    case halt(Halt?)
    case event(Event)
}

extension JournalEntry {
    /// A fault that is to be granted: nothing of it is on the node yet.
    public var opensFault: Bool {
        if case .fault(let record) = self { record.state == .applying } else { false }
    }

    /// An end, or a step towards it.
    public var endsFault: Bool {
        switch self {
        case .fault(let record): [.reverting, .stuck].contains(record.state) || record.state.isFinal
        case .halt: true
        case .event: false
        }
    }
}

extension [JournalEntry] {
    /// What is kept of the disk is for ends alone; a new fault written along with them would use it up.
    public var mayUseReserve: Bool { contains(where: \.endsFault) && !contains(where: \.opensFault) }
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

/// Writes are durable when `write` returns, all of one call or none. On a full disk a fault is refused, and an end still written.
public protocol Journal: Sendable {
    func load() async throws(Problem) -> JournalState
    func write(_ entries: [JournalEntry]) async throws(Problem)
    func fault(_ id: FaultID) async throws(Problem) -> FaultRecord?
    func fault(idempotencyKey: String) async throws(Problem) -> FaultRecord?
    /// Of the newest that match, as many as the query's limit, those that the caller does not know.
    func history(_ query: HistoryQuery, besides isKnown: @Sendable (FaultID) -> Bool) async throws(Problem) -> [FaultRecord]
    /// Events after `seq`, oldest first.
    func events(after seq: Int64, limit: Int) async throws(Problem) -> [Event]
}
