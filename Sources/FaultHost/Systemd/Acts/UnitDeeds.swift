// What this daemon did to units, for the counts and times in evidence. Undoing never needs it.
import FaultModel
import Synchronization

final class UnitDeeds: Sendable {
    struct Deed: Sendable, Hashable {
        var times = 0
        /// The last time, in the nanoseconds of `monotonicNow`.
        var at: Int64 = 0
    }
    private let deeds = Mutex<[FaultID: [String: Deed]]>([:])

    func note(_ units: [String], of fault: FaultID, at time: Int64) {
        deeds.withLock { deeds in
            for unit in units {
                deeds[fault, default: [:]][unit, default: Deed()].times += 1
                deeds[fault, default: [:]][unit]?.at = time
            }
        }
    }

    func deed(_ unit: String, of fault: FaultID) -> Deed { deeds.withLock { $0[fault]?[unit] ?? Deed() } }
    func forget(_ fault: FaultID) { deeds.withLock { $0[fault] = nil } }
}
