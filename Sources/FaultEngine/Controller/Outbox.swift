// What is on its way to the journal: writes that must be durable before going on, and those that may come late.
import FaultModel

/// Entries that wait for the next transaction; whatever waits together is written together.
struct Outbox {
    struct Urgent {
        var entries: [JournalEntry]
        var done: CheckedContinuation<Result<Void, Problem>, Never>
    }
    /// Somebody waits for these; if they can't be written, they are dropped and that somebody told.
    var urgent: [Urgent] = []
    /// Nobody waits for these; they are kept until they can be written. The newest state of a fault replaces older ones.
    private(set) var late: [JournalEntry] = []
    /// Taken and not yet written: nobody who asks meanwhile may be told what the journal still has.
    var underWay: [JournalEntry] = []
    var isFlushing = false
    /// The wait before the next attempt after a failed one.
    var pause: Task<Void, Never>?
    var failures = 0
    /// Why the last attempt failed, if it did.
    var trouble: Problem?

    mutating func add(late entries: [JournalEntry]) {
        for entry in entries {
            if case .fault(let record) = entry {
                late.removeAll { if case .fault(let older) = $0 { older.id == record.id } else { false } }
            }
            late.append(entry)
        }
        // A journal that has been away for long must not take the memory with it: faults and halts stay, events go.
        if late.count > 4 * Limits.eventsKept / 10 { late.removeAll { if case .event = $0 { true } else { false } } }
    }

    mutating func take() -> (urgent: [Urgent], late: [JournalEntry]) {
        defer {
            urgent = []
            underWay = late
            late = []
        }
        return (urgent, late)
    }

    /// The newest state of a fault that the journal does not have yet.
    func record(_ id: FaultID) -> FaultRecord? { records.last { $0.id == id } }

    /// The newest last.
    var records: [FaultRecord] { (underWay + late).compactMap { if case .fault(let record) = $0 { record } else { nil } } }

    /// Entries that wait.
    var pending: Int { late.count + urgent.reduce(0) { $0 + $1.entries.count } }

    var isEmpty: Bool { urgent.isEmpty && late.isEmpty }
}
