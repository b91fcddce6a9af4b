// Those who wait for a fault to get somewhere, and the one timer that wakes for the next lease.
public import FaultModel
import Synchronization

extension Controller {
    /// Somebody who goes on when what they wait for is true.
    struct Waiter {
        var isMet: ([FaultID: Live]) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    /// Returns when `isMet` is true of the live faults.
    func wait(_ isMet: @escaping ([FaultID: Live]) -> Bool) async {
        if isMet(live) { return }
        await withCheckedContinuation { continuation in
            nextWaiter += 1
            waiters[nextWaiter] = Waiter(isMet: isMet, continuation: continuation)
        }
    }

    func tellWaiters(_ id: FaultID) {
        for (key, waiter) in waiters where waiter.isMet(live) {
            waiters[key] = nil
            waiter.continuation.resume()
        }
    }

    /// Returns when a fault that is applying or reverting no longer is.
    func waitUntilSettled(_ id: FaultID) async {
        await wait { live in live[id].map { [.stuck, .active].contains($0.record.state) && !$0.isBusy } ?? true }
    }

    /// The fault once it is in one of these states, or as it stands after the timeout.
    public func wait(_ id: FaultID, until states: Set<FaultState>, timeout: Duration) async throws(Problem) -> FaultDocument {
        let first = try await record(id)
        if states.contains(first.state) || first.state.isFinal { return document(first) }
        let deadline = clock.now().boot + timeout.nanoseconds
        let flag = Flag()
        let clock = clock
        let alarm = Task { [weak self] in
            do { try await clock.sleep(until: deadline) } catch { return }
            flag.isSet = true
            await self?.tellWaiters(id)
        }
        await wait { live in flag.isSet || (live[id].map { states.contains($0.record.state) } ?? true) }
        alarm.cancel()
        return document(try await record(id))
    }

    // MARK: leases

    /// Makes the timer fit the next deadline.
    func rearmTimer() {
        guard let next = lessor.nextDeadline else {
            timer?.task.cancel()
            timer = nil
            return
        }
        if timer?.deadline == next { return }
        timer?.task.cancel()
        let clock = clock
        timer = (
            next,
            Task { [weak self] in
                do { try await clock.sleep(until: next) } catch { return }
                await self?.expire()
            }
        )
    }

    private func expire() {
        timer = nil
        for id in lessor.expired(at: clock.now().boot) {
            guard let record = live[id]?.record else {
                lessor.remove(id)
                continue
            }
            if record.confirmBy != nil, record.deadline != record.lease.deadline { update(id) { $0.notes.append("nobody confirmed in time") } }
            if record.state == .active || record.state == .applying { requestEnd(id, .lease) }
        }
        rearmTimer()
    }
}

/// A flag that a waiter and its alarm share.
final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
