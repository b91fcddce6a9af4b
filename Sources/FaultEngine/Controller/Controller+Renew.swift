// Moving a deadline: renewals and confirmations.
public import FaultModel

extension Controller {
    /// A new lease from now; the same length again if none is given.
    public func renew(
        _ id: FaultID, lease: Duration?, by caller: Caller, as standing: Standing = Standing()
    ) async throws(Problem) -> FaultDocument {
        try await move(id, caller, standing) { (record, now) throws(Problem) in
            let length = try leaseLength(lease ?? record.lease.duration)
            record.lease = Lease(length, grantedAt: now, renewals: record.lease.renewals + 1)
            return (.faultRenewed, "renewed by \(caller.name) until \(record.lease.deadline.wall.text)")
        }
    }

    /// "I can still reach the node": the countdown of `confirm_within` ends, the lease goes on.
    public func confirm(_ id: FaultID, by caller: Caller, as standing: Standing = Standing()) async throws(Problem) -> FaultDocument {
        try await move(id, caller, standing) { (record, _) throws(Problem) in
            guard record.confirmBy != nil else {
                throw Problem(.conflict, "fault \(id) waits for no confirmation", hint: "confirm_within asks for one")
            }
            record.confirmBy = nil
            return (.faultConfirmed, "confirmed by \(caller.name)")
        }
    }

    /// The journal first, then the backstops, then the lease: at every moment whatever ends the fault is not later than what is promised.
    func move(
        _ id: FaultID, _ caller: Caller, _ standing: Standing, _ change: (inout FaultRecord, Moment) throws(Problem) -> (Event.Kind, String)
    ) async throws(Problem) -> FaultDocument {
        let old = try await begin(id)
        defer { finishOperation(id) }
        // Now, and not before the wait for its turn: whoever was before may have taken it over.
        try checkStanding(old, caller, standing)
        var new = old
        let now = clock.now()
        // Its backstops have fired, or do this moment: what is no more in force can't go on.
        guard old.deadline.boot > now.boot else {
            throw Problem(.conflict, "fault \(id) has run out at \(old.deadline.wall.text)", hint: "inject it anew")
        }
        let (type, message) = try change(&new, now)
        try await persist([.fault(new)])
        // Another owner alone moves no deadline.
        if new.deadline != old.deadline { try await moveBackstops(id, from: old, to: new) }
        // It ran out on the way, and its backstops may have fired before they were moved.
        if old.deadline.boot <= clock.now().boot { requestEnd(id, .lease) }
        update(id) {
            $0.lease = new.lease
            $0.confirmBy = new.confirmBy
            $0.owner = new.owner
            $0.takeover = new.takeover
        }
        lessor.grant(id, until: new.deadline.boot)
        rearmTimer()
        guard live[id]?.pendingEnd == nil, let record = live[id]?.record else {
            throw Problem(.conflict, "fault \(id) ended while it was being renewed")
        }
        persistLater([.fault(record), announce(type, id, message)])
        return document(record)
    }

    private func moveBackstops(_ id: FaultID, from old: FaultRecord, to new: FaultRecord) async throws(Problem) {
        do { try await rearmBackstops(id, until: new.deadline) } catch {
            // Half moved is worse than not moved.
            try? await rearmBackstops(id, until: old.deadline)
            persistLater([.fault(old)])
            throw error
        }
    }

    func rearmBackstops(_ id: FaultID, until deadline: Moment) async throws(Problem) {
        for (index, change) in (live[id]?.record.changes ?? []).enumerated() where change.state == .applied {
            let backstop = try await armed(change.undo, until: deadline)
            update(id) { $0.changes[index].backstop = backstop }
        }
    }

    /// Waits for its turn on an active fault and takes it; `finishOperation` gives it back.
    func begin(_ id: FaultID) async throws(Problem) -> FaultRecord {
        // Everybody who waits is woken at once, and the first of them takes the turn.
        while live[id]?.isBusy == true { await wait(id) { $0?.isBusy != true } }
        guard let record = live[id]?.record else {
            let ended = try await record(id)
            throw Problem(.conflict, "fault \(id) has ended already (\(ended.endedBy?.rawValue ?? ended.state.rawValue))", hint: "inject it anew")
        }
        guard record.state == .active else {
            throw Problem(.conflict, "fault \(id) is \(record.state.rawValue)", hint: "only an active fault can be renewed")
        }
        live[id]?.isBusy = true
        return record
    }
}
