// One sleep for all that is due at some time: it ends when the first of it is.
import FaultModel

struct Alarm {
    private var set: (time: Int64, task: Task<Void, Never>)?

    /// Makes it ring at `next`, or never; an alarm that is set for that already is left alone.
    mutating func set(for next: Int64?, _ clock: any NodeClock, _ ring: @escaping @Sendable () async -> Void) {
        if set?.time == next { return }
        set?.task.cancel()
        set = next.map { time in
            let sleep = Task {
                do { try await clock.sleep(until: time) } catch { return }
                await ring()
            }
            return (time, sleep)
        }
    }

    /// It has rung.
    mutating func rang() { set = nil }

    mutating func cancel() {
        set?.task.cancel()
        set = nil
    }
}
