// Leases as a value: who must end when. No clock, no effects.
import FaultModel

/// Grants, renews and announces. An expired lease stays announced until it is removed, which is when its revert is done.
struct Lessor {
    private var deadlines = Deadlines()
    private var announced: Set<FaultID> = []

    /// Grants a lease, or moves it to another deadline (nanoseconds since boot).
    mutating func grant(_ id: FaultID, until deadline: Int64) {
        deadlines.set(id, at: deadline)
        announced.remove(id)
    }

    mutating func remove(_ id: FaultID) {
        deadlines.remove(id)
        announced.remove(id)
    }

    /// Everything that is over at `now`, including what was announced before and is not removed yet.
    mutating func expired(at now: Int64) -> Set<FaultID> {
        announced.formUnion(deadlines.takeDue(at: now))
        return announced
    }

    /// When the next lease ends that has not been announced.
    var nextDeadline: Int64? { mutating get { deadlines.next } }
}
