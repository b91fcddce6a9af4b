// The wall clock was set: leases run on, but what the kernel ends, it ends by that clock.
import FaultModel
import Logging

extension Controller {
    /// Moves every backstop to where its lease now ends on the wall clock, and tells the times that are shown anew. Also after the node was
    /// suspended, by which systemd's timers come late.
    /// - Parameter step: how far the wall clock was moved; nothing when it only went on after a suspension.
    public func clockStepped(by step: Duration) async {
        let text = (step < .zero ? "back by " : "forward by ") + (step < .zero ? .zero - step : step).text
        logger.notice("the wall clock was set \(text); backstops are moved along")
        persistLater([announce(.clockStepped, nil, "the wall clock was set \(text)")])
        let ids = live.ids
        for id in ids { update(id) { $0.readWallAnew(clock.now()) } }
        await withDiscardingTaskGroup { group in
            for id in ids { group.addTask { await self.moveBackstops(id) } }
        }
    }

    /// Tries until it works or the fault ends: a rule whose end is a day early is not in force, whatever we say.
    private func moveBackstops(_ id: FaultID) async {
        var attempt = 1
        // What is not active has either not been armed yet or is being undone, which removes its backstops.
        while let record = try? await begin(id) {
            update(id) { $0.readWallAnew(clock.now()) }
            let problem = await movedBackstops(id, live[id]?.record ?? record)
            finishOperation(id)
            guard let problem else { return }
            logger.error("could not move a backstop after the clock was set (attempt \(attempt)): \(problem)", metadata: ["fault": "\(id)"])
            do { try await clock.sleep(until: clock.now().boot + FaultTransition.backOff(attempt: attempt).nanoseconds) } catch { return }
            attempt += 1
        }
    }

    private func movedBackstops(_ id: FaultID, _ record: FaultRecord) async -> Problem? {
        do { try await rearmBackstops(id, until: record.deadline) } catch { return error }
        if let record = live[id]?.record { persistLater([.fault(record)]) }
        return nil
    }
}

extension FaultRecord {
    /// Deadlines stay where they are since boot; what they are called on the wall clock changes.
    fileprivate mutating func readWallAnew(_ now: Moment) {
        lease.grantedAt = lease.grantedAt.read(at: now)
        confirmBy = confirmBy?.read(at: now)
    }
}
