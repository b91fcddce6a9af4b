// A journal that tells of every read and write, before and after.
public import FaultModel
public import Logging

public struct LoggedJournal: Journal {
    private let journal: any Journal
    private let calls: CallLog

    public init(_ journal: any Journal, logger: Logger) {
        self.journal = journal
        calls = CallLog(who: "journal", logger: logger)
    }

    public func load() async throws(Problem) -> JournalState {
        try await calls.tell("load") { () throws(Problem) in try await journal.load() }
    }

    public func write(_ entries: [JournalEntry]) async throws(Problem) {
        try await calls.tell("write \(entries.map(\.headline).joined(separator: ", "))") { () throws(Problem) in try await journal.write(entries) }
    }

    public func fault(_ id: FaultID) async throws(Problem) -> FaultRecord? { try await journal.fault(id) }

    public func fault(idempotencyKey: String) async throws(Problem) -> FaultRecord? { try await journal.fault(idempotencyKey: idempotencyKey) }

    public func history(_ query: HistoryQuery, besides isKnown: @Sendable (FaultID) -> Bool) async throws(Problem) -> [FaultRecord] {
        try await journal.history(query, besides: isKnown)
    }

    public func events(after seq: Int64, limit: Int) async throws(Problem) -> [Event] { try await journal.events(after: seq, limit: limit) }
}

extension JournalEntry {
    fileprivate var headline: String {
        switch self {
        case .fault(let record): "fault \(record.state.rawValue)"
        case .halt(let halt): halt == nil ? "halt lifted" : "halt"
        case .event(let event): event.type.rawValue
        }
    }
}
