// A clock that a test turns by hand.
public import FaultModel
import Synchronization

/// Stands still until `advance`. A clock that was stopped never wakes anybody again, as for a process that is dead.
public final class ManualClock: NodeClock {
    private struct Sleeper {
        var until: Int64
        var continuation: UnsafeContinuation<Bool, Never>
    }
    private struct State {
        var now: Moment
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var next = 0
        var isStopped = false
    }
    /// When a clock starts that is not told otherwise.
    public static let first = Moment(boot: 1_000_000_000_000, wall: Timestamp(milliseconds: 1_790_000_000_000))

    public let bootID: String
    private let state: Mutex<State>

    public init(bootID: String = "boot-1", now: Moment = ManualClock.first) {
        self.bootID = bootID
        state = Mutex(State(now: now))
    }

    public func now() -> Moment { state.withLock { $0.now } }

    public func advance(by span: Duration) {
        let due = state.withLock { state in
            state.now = state.now + span
            guard !state.isStopped else { return [Sleeper]() }
            let due = state.sleepers.filter { $0.value.until <= state.now.boot }
            for key in due.keys { state.sleepers[key] = nil }
            return due.values.sorted { $0.until < $1.until }
        }
        for sleeper in due { sleeper.continuation.resume(returning: true) }
    }

    /// Somebody sets the wall clock: nobody wakes up.
    public func step(by span: Duration) { state.withLock { $0.now.wall = $0.now.wall + span } }

    /// Time goes on, but whoever sleeps by this clock is dead.
    public func stop() { state.withLock { $0.isStopped = true } }

    /// How many wait: lets a test see that somebody sleeps before it turns the clock.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    public func sleep(until boot: Int64) async throws {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        let woken = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in enter(key, boot, continuation) }
        } onCancel: {
            cancel(key)
        }
        if !woken { throw CancellationError() }
    }

    private func enter(_ key: Int, _ boot: Int64, _ continuation: UnsafeContinuation<Bool, Never>) {
        let answer: Bool? = state.withLock { state in
            if state.cancelled.remove(key) != nil { return false }
            if boot <= state.now.boot, !state.isStopped { return true }
            state.sleepers[key] = Sleeper(until: boot, continuation: continuation)
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func cancel(_ key: Int) {
        let sleeper = state.withLock { state -> Sleeper? in
            if state.isStopped { return nil }
            if let sleeper = state.sleepers.removeValue(forKey: key) { return sleeper }
            state.cancelled.insert(key)
            return nil
        }
        sleeper?.continuation.resume(returning: false)
    }
}
