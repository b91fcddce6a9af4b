// Those who wait for a fault to get somewhere, and the ends of leases.
public import FaultModel
import Synchronization

extension Controller {
    /// Somebody who goes on when what they wait for is true of a fault; nil is one that is over.
    struct Waiter {
        var isMet: (Live?) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    /// Returns when `isMet` is true of the fault.
    func wait(_ id: FaultID, _ isMet: @escaping (Live?) -> Bool) async {
        if isMet(live[id]) { return }
        await withCheckedContinuation { continuation in
            nextWaiter += 1
            waiters[id, default: []].append(Waiter(isMet: isMet, continuation: continuation))
        }
    }

    func tellWaiters(_ id: FaultID) {
        guard let all = waiters.removeValue(forKey: id) else { return }
        let entry = live[id]
        for waiter in all {
            // Asked once: an alarm may make it true at any moment.
            if waiter.isMet(entry) { waiter.continuation.resume() } else { waiters[id, default: []].append(waiter) }
        }
    }

    /// Returns when a fault that is applying or reverting no longer is.
    func waitUntilSettled(_ id: FaultID) async {
        await wait(id) { $0.map { [.stuck, .active].contains($0.record.state) && !$0.isBusy } ?? true }
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
        await wait(id) { flag.isSet || ($0.map { states.contains($0.record.state) } ?? true) }
        alarm.cancel()
        return document(try await record(id))
    }

    // MARK: leases

    /// Makes the alarm fit the next deadline.
    func rearmTimer() { leaseAlarm.set(for: lessor.nextDeadline, clock) { [weak self] in await self?.expire() } }

    private func expire() {
        leaseAlarm.rang()
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
