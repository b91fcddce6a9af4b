// Leases as a value: who must end when. No clock, no effects.
import FaultModel
import HeapModule

/// Grants, renews and announces. An expired lease stays announced until it is removed, which is when its revert is done.
struct Lessor {
    private struct Entry: Comparable {
        var deadline: Int64
        var id: FaultID
        static func < (a: Entry, b: Entry) -> Bool { (a.deadline, a.id) < (b.deadline, b.id) }
    }
    /// May hold entries that a renewal or a removal has outdated; `current` says which count.
    private var queue = Heap<Entry>()
    private var current: [FaultID: Int64] = [:]
    private var announced: Set<FaultID> = []

    /// Grants a lease, or moves it to another deadline (nanoseconds since boot).
    mutating func grant(_ id: FaultID, until deadline: Int64) {
        current[id] = deadline
        announced.remove(id)
        queue.insert(Entry(deadline: deadline, id: id))
    }

    mutating func remove(_ id: FaultID) {
        current[id] = nil
        announced.remove(id)
    }

    /// Everything that is over at `now`, including what was announced before and is not removed yet.
    mutating func expired(at now: Int64) -> Set<FaultID> {
        while let first = queue.min, first.deadline <= now || isOutdated(first) {
            _ = queue.popMin()
            if !isOutdated(first) { announced.insert(first.id) }
        }
        return announced
    }

    /// When the next lease ends that has not been announced.
    var nextDeadline: Int64? {
        mutating get {
            while let first = queue.min, isOutdated(first) { _ = queue.popMin() }
            return queue.min?.deadline
        }
    }

    private func isOutdated(_ entry: Entry) -> Bool { current[entry.id] != entry.deadline || announced.contains(entry.id) }
}
