// The faults that are not over, and beside them what is asked of all of them at once: whoever asks must not walk thousands.
import FaultModel

/// A fault that is not final, and what the engine is doing with it.
final class Live {
    /// Changed by `LiveFaults` alone, which counts by it.
    fileprivate(set) var record: FaultRecord
    /// Set while something other than the revert works on it (applying, renewing, repeating): an end waits for that.
    var operation: Task<Void, Never>?
    var isBusy: Bool
    /// Why it must end as soon as the operation is over.
    var pendingEnd: EndCause?
    /// See `Plan.spared`.
    let spared: [Int32]
    /// Watch recovery, repeat the act.
    var companions: [Task<Void, Never>] = []
    /// The pause before the next attempt of a stuck revert; cancelled, it is over.
    var pause: Task<Void, Never>?

    init(_ record: FaultRecord, isBusy: Bool = false, sparing spared: [Int32] = []) {
        self.record = record
        self.isBusy = isBusy
        self.spared = spared
    }
}

struct LiveFaults {
    private var entries: [FaultID: Live] = [:]
    /// Oldest first.
    private(set) var ids: [FaultID] = []
    private(set) var claims = ClaimTable()
    private(set) var stuck: Set<FaultID> = []

    var count: Int { ids.count }
    /// Oldest first.
    var records: [FaultRecord] { ids.compactMap { entries[$0]?.record } }
    subscript(id: FaultID) -> Live? { entries[id] }

    mutating func insert(_ entry: Live) {
        let record = entry.record
        remove(record.id)
        entries[record.id] = entry
        ids.insert(record.id, at: ids.place(of: record.id))
        claims.add(record.claims, of: record.id)
        if record.state == .stuck { stuck.insert(record.id) }
    }

    mutating func remove(_ id: FaultID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        ids.remove(at: ids.place(of: id))
        claims.remove(entry.record.claims, of: id)
        stuck.remove(id)
    }

    /// The one place where a record changes.
    mutating func update(_ id: FaultID, _ change: (inout FaultRecord) -> Void) {
        guard let entry = entries[id] else { return }
        let before = entry.record.claims
        change(&entry.record)
        if entry.record.claims != before {
            claims.remove(before, of: id)
            claims.add(entry.record.claims, of: id)
        }
        if entry.record.state == .stuck { stuck.insert(id) } else if !stuck.isEmpty { stuck.remove(id) }
    }
}

extension [FaultID] {
    /// Where it is in a rising list, or would be. The newest is looked for first: there most are put.
    func place(of id: FaultID) -> Int {
        guard let last, id <= last else { return count }
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether it is in a rising list.
    func holds(_ id: FaultID) -> Bool {
        let place = place(of: id)
        return place < count && self[place] == id
    }
}
