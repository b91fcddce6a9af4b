// The first of several answers, for whoever waits for it: work that may hang, and the clock that does not.
import Synchronization

final class FirstAnswer<T: Sendable>: Sendable {
    private struct State {
        var answer: T?
        var waiter: CheckedContinuation<T, Never>?
    }
    private let state = Mutex(State())

    /// Later ones are dropped.
    func give(_ answer: T) {
        let waiter = state.withLock { state -> CheckedContinuation<T, Never>? in
            guard state.answer == nil else { return nil }
            state.answer = answer
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: answer)
    }

    /// One waiter.
    func value() async -> T {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> T? in
                if state.answer == nil { state.waiter = continuation }
                return state.answer
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
