// What is due when, as a value: leases, and looks at faults in force. No clock, no effects.
import FaultModel
import HeapModule

struct Deadlines {
    private struct Entry: Comparable {
        var time: Int64
        var id: FaultID
        static func < (a: Entry, b: Entry) -> Bool { (a.time, a.id) < (b.time, b.id) }
    }
    /// May hold entries that were moved or removed since; `current` says which count.
    private var queue = Heap<Entry>()
    private var current: [FaultID: Int64] = [:]

    /// Makes it due at `time` (nanoseconds since boot), and no more when it was before.
    mutating func set(_ id: FaultID, at time: Int64) {
        guard current.updateValue(time, forKey: id) != time else { return }
        queue.insert(Entry(time: time, id: id))
    }

    mutating func remove(_ id: FaultID) { current[id] = nil }

    func has(_ id: FaultID) -> Bool { current[id] != nil }

    /// Those whose time has come; each is told once.
    mutating func takeDue(at now: Int64) -> [FaultID] {
        var due: [FaultID] = []
        while let first = next, first <= now, let entry = queue.popMin() {
            current[entry.id] = nil
            due.append(entry.id)
        }
        return due
    }

    /// When the next is due.
    var next: Int64? {
        mutating get {
            while let first = queue.min, current[first.id] != first.time { _ = queue.popMin() }
            return queue.min?.time
        }
    }
}
