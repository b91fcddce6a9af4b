// The time limits of many calls, which hardly ever run out: one sleep for all of them, instead of one for each that is cancelled at once.
import Synchronization

final class TimeLimits: Sendable {
    static let shared = TimeLimits()

    private struct Watch {
        var end: ContinuousClock.Instant
        var ranOut: @Sendable () -> Void
    }
    private struct State {
        var watches: [Int: Watch] = [:]
        var count = 0
        var alarm: (time: ContinuousClock.Instant, task: Task<Void, Never>)?
    }
    private let state = Mutex(State())

    /// Calls `ranOut` after `limit`, unless `end` is called before with what this returns.
    func watch(_ limit: Duration, _ ranOut: @escaping @Sendable () -> Void) -> Int {
        let end = ContinuousClock.now + limit
        return state.withLock { state in
            state.count += 1
            state.watches[state.count] = Watch(end: end, ranOut: ranOut)
            arm(&state, for: end)
            return state.count
        }
    }

    /// The alarm stays: the next call will need it, and without one it rings once more and no further.
    func end(_ watch: Int) { state.withLock { _ = $0.watches.removeValue(forKey: watch) } }

    private func arm(_ state: inout State, for end: ContinuousClock.Instant) {
        if let alarm = state.alarm, alarm.time <= end { return }
        state.alarm?.task.cancel()
        let sleep = Task { [self] in
            do { try await Task.sleep(until: end, clock: .continuous) } catch { return }
            ring()
        }
        state.alarm = (end, sleep)
    }

    private func ring() {
        let late = state.withLock { state in
            let now = ContinuousClock.now
            let late = state.watches.filter { $0.value.end <= now }
            for key in late.keys { state.watches[key] = nil }
            state.alarm = nil
            if let next = state.watches.values.map(\.end).min() { arm(&state, for: next) }
            return late
        }
        for watch in late.values { watch.ranOut() }
    }
}
