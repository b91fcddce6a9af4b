// What is on its way to the journal: writes that must be durable before going on, and those that may come late.
import FaultModel

/// Entries that wait for the next transaction; whatever waits together is written together.
struct Outbox {
    struct Urgent {
        var entries: [JournalEntry]
        var done: CheckedContinuation<Result<Void, Problem>, Never>
    }
    /// Nobody waits for these; they are kept until they can be written.
    fileprivate struct Late {
        /// The newest state of each fault.
        var faults: [FaultID: FaultRecord] = [:]
        var others: [JournalEntry] = []

        var count: Int { faults.count + others.count }
        var entries: [JournalEntry] { faults.values.map { .fault($0) } + others }
    }
    /// What is written in one transaction.
    struct Batch {
        var urgent: [Urgent] = []
        fileprivate var late = Late()
        var entries: [JournalEntry] { late.entries + urgent.flatMap(\.entries) }
    }
    /// Somebody waits for these; if they can't be written, they are dropped and that somebody told.
    var urgent: [Urgent] = []
    private var late = Late()
    /// Taken and not yet written: nobody who asks meanwhile may be told what the journal still has.
    private var underWay = Late()
    var isFlushing = false
    /// The wait before the next attempt after a failed one.
    var pause: Task<Void, Never>?
    var failures = 0
    /// Why the last attempt failed, if it did.
    var trouble: Problem?

    mutating func add(late entries: [JournalEntry]) {
        for entry in entries {
            if case .fault(let record) = entry { late.faults[record.id] = record } else { late.others.append(entry) }
        }
        // A journal that has been away for long must not take the memory with it: faults and halts stay, events go.
        if late.others.count > 4 * Limits.eventsKept / 10 { late.others.removeAll { if case .event = $0 { true } else { false } } }
    }

    mutating func take() -> Batch {
        defer { (urgent, underWay, late) = ([], late, Late()) }
        return Batch(urgent: urgent, late: late)
    }

    /// What `take` gave is in the journal.
    mutating func written() { underWay = Late() }

    /// It is not, and what came late goes on being tried; what has come since is newer.
    mutating func putBack(_ batch: Batch) {
        underWay = Late()
        late.faults.merge(batch.late.faults) { newer, _ in newer }
        late.others = batch.late.others + late.others
    }

    /// The newest state of a fault that the journal does not have yet.
    func record(_ id: FaultID) -> FaultRecord? { late.faults[id] ?? underWay.faults[id] }

    /// The same of all of them.
    var records: [FaultID: FaultRecord] { underWay.faults.merging(late.faults) { _, newer in newer } }

    /// Entries that wait.
    var pending: Int { late.count + urgent.reduce(0) { $0 + $1.entries.count } }

    var isEmpty: Bool { urgent.isEmpty && late.count == 0 }
}
