// A journal in memory that can be copied, crashed, and made to fail; held to the same laws as the one on disk.
public import FaultModel
import Synchronization

public final class MemoryJournal: Journal {
    /// What a disk would hold.
    public struct Contents: Sendable {
        public var faults: [FaultID: FaultRecord] = [:]
        public var halt: Halt?
        public var events: [Event] = []
        public init() {}
    }
    private let stored: Mutex<Contents>
    private let failing = Mutex(false)
    /// Writes that may still go through; nil is any number.
    private let allowed = Mutex<Int?>(nil)
    private let full = Mutex(false)
    private let crash: CrashPoint

    public init(_ contents: Contents = Contents(), crash: CrashPoint = CrashPoint(at: nil)) {
        stored = Mutex(contents)
        self.crash = crash
    }

    public var contents: Contents { stored.withLock { $0 } }
    public var openFaults: [FaultRecord] { contents.faults.values.filter { !$0.state.isFinal } }

    /// A full disk: nothing more can be written until it is switched off.
    public func setFailing(_ on: Bool) { failing.withLock { $0 = on } }

    /// A slow disk: writes wait until they are let through, so many of them.
    public func hold() { allowed.withLock { $0 = 0 } }
    public func letThrough(_ count: Int?) { allowed.withLock { $0 = count } }

    private func waitForTurn() async {
        let mayGo = { [self] in
            allowed.withLock { left in
                guard let count = left else { return true }
                left = max(0, count - 1)
                return count > 0
            }
        }
        while !mayGo() { do { try await Task.sleep(for: .milliseconds(1)) } catch { await Task.yield() } }
    }

    /// A full disk with the reserve still there: ends can be written, and nothing else.
    public func setFull(_ on: Bool) { full.withLock { $0 = on } }

    public func load() async throws(Problem) -> JournalState {
        try crash.call { () throws(Problem) in
            stored.withLock { contents in
                JournalState(
                    open: contents.faults.values.filter { !$0.state.isFinal }.sorted { $0.id < $1.id }, halt: contents.halt,
                    lastEvent: contents.events.map(\.seq).max() ?? 0)
            }
        }
    }

    public func write(_ entries: [JournalEntry]) async throws(Problem) {
        await waitForTurn()
        if failing.withLock({ $0 }) { throw Problem(.journalUnavailable, "database or disk is full") }
        if full.withLock({ $0 }), !entries.mayUseReserve { throw Problem(.journalUnavailable, "database or disk is full") }
        try crash.call { () throws(Problem) in
            stored.withLock { contents in
                for entry in entries { Self.write(entry, to: &contents) }
            }
        }
    }

    private static func write(_ entry: JournalEntry, to contents: inout Contents) {
        switch entry {
        case .fault(let record): contents.faults[record.id] = record
        case .halt(let halt): contents.halt = halt
        case .event(let event): contents.events.append(event)
        }
    }

    public func fault(_ id: FaultID) async throws(Problem) -> FaultRecord? { contents.faults[id] }

    public func fault(idempotencyKey key: String) async throws(Problem) -> FaultRecord? {
        contents.faults.values.first { $0.idempotencyKey == key }
    }

    public func history(_ query: HistoryQuery, besides isKnown: @Sendable (FaultID) -> Bool) async throws(Problem) -> [FaultRecord] {
        contents.faults.values.filter(query.matches).sorted { $0.id > $1.id }.prefix(query.limit).filter { !isKnown($0.id) }
    }

    public func events(after seq: Int64, limit: Int) async throws(Problem) -> [Event] {
        Array(contents.events.filter { $0.seq > seq }.sorted { $0.seq < $1.seq }.prefix(limit))
    }
}
