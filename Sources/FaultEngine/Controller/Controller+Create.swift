// Granting a fault: checks first, the undo durable second, the effect last.
public import FaultModel
import Logging

extension Controller {
    /// The one answer to a create: the fault, and whether this call made it or an earlier one with the same key.
    public struct Created: Sendable {
        public var fault: FaultDocument
        public var isNew: Bool

        public init(fault: FaultDocument, isNew: Bool) {
            self.fault = fault
            self.isNew = isNew
        }
    }

    /// Returns once the fault is in force and verified. It goes on when the caller goes away: a half-made fault helps nobody.
    public func create(_ request: FaultRequest, by caller: Caller, idempotencyKey key: String? = nil) async throws(Problem) -> Created {
        guard let key else {
            let task = Task.immediate { await made { () throws(Problem) in try await makeNew(request, caller, nil, nil) } }
            return Created(fault: document(try await task.value.get()), isNew: true)
        }
        if let other = underWay[key]?.caller, !other.isSameUser(as: caller) { throw Self.anothersKey(key) }
        let task = underWay[key]?.task ?? Task { await made { () throws(Problem) in try await makeOnce(request, caller, key) } }
        let isFirst = underWay.updateValue((caller, task), forKey: key) == nil
        let result = await task.value
        underWay[key] = nil
        let created = try result.get()
        if isFirst { return created }
        try await checkSame(request, caller, key)
        return Created(fault: created.fault, isNew: false)
    }

    private func made<T: Sendable>(_ work: () async throws(Problem) -> T) async -> Result<T, Problem> {
        do { return .success(try await work()) } catch { return .failure(error) }
    }

    private func makeOnce(_ request: FaultRequest, _ caller: Caller, _ key: String) async throws(Problem) -> Created {
        let print = try fingerprint(request)
        if let earlier = try await journal.fault(idempotencyKey: key) {
            try match(earlier, print, caller, key)
            return Created(fault: document(live[earlier.id]?.record ?? earlier), isNew: false)
        }
        return Created(fault: document(try await makeNew(request, caller, key, print)), isNew: true)
    }

    private func checkSame(_ request: FaultRequest, _ caller: Caller, _ key: String) async throws(Problem) {
        guard let earlier = try await journal.fault(idempotencyKey: key) else { return }
        try match(earlier, fingerprint(request), caller, key)
    }

    private func match(_ earlier: FaultRecord, _ print: String, _ caller: Caller, _ key: String) throws(Problem) {
        guard earlier.requestedBy.isSameUser(as: caller) else { throw Self.anothersKey(key) }
        guard earlier.fingerprint != print else { return }
        throw Problem(
            .idempotencyMismatch, "the idempotency key \"\(key)\" was used for another request, which made fault \(earlier.id)",
            hint: "use a new key for a new request")
    }

    /// Says neither whose it is nor what it made: a key that is guessed must not hand over another user's fault.
    private static func anothersKey(_ key: String) -> Problem {
        Problem(.idempotencyMismatch, "the idempotency key \"\(key)\" was used by another user", hint: "use a key that nobody else would choose")
    }

    /// The request with its spec normalised, so that a form and JSON that say the same are the same.
    private func fingerprint(_ request: FaultRequest) throws(Problem) -> String {
        var normal = request
        normal.spec = try bind(request).spec
        return normal.fingerprint.text()
    }

    private func makeNew(_ request: FaultRequest, _ caller: Caller, _ key: String?, _ print: String?) async throws(Problem) -> FaultRecord {
        try refuseIfClosed()
        let bound = try bind(request)
        let plan = try await planned(bound, by: caller, confirmed: request.confirmWithin != nil)
        var record = try newRecord(request, bound, caller)
        record.idempotencyKey = key
        record.fingerprint = print
        record.claims = plan.claims
        record.notes = plan.notes
        // From here to the reservation nothing waits: two requests can't both find room.
        try refuseIfClosed()
        try admit(plan)
        live.insert(Live(record, isBusy: true, sparing: plan.spared))
        do { try await open(record.id, plan, allowIrreversible: request.allowIrreversible) } catch {
            live.remove(record.id)
            tellWaiters(record.id)
            throw error
        }
        return try await run(record.id, bound)
    }

    private func newRecord(_ request: FaultRequest, _ bound: BoundFault, _ caller: Caller) throws(Problem) -> FaultRecord {
        let now = clock.now()
        let lease = try leaseLength(request.lease)
        var record = FaultRecord(
            id: Self.freshID(at: now.wall), kind: bound.kind, spec: bound.spec, lease: Lease(lease, grantedAt: now), bootID: clock.bootID,
            requestedBy: caller, owner: request.owner ?? caller.name, reason: request.reason, labels: request.labels, createdAt: now)
        record.allowIrreversible = request.allowIrreversible
        if let within = request.confirmWithin { record.confirmBy = now + within }
        return record
    }

    /// Reads everything that undoing will need and makes it durable. Nothing has been touched when this returns.
    private func open(_ id: FaultID, _ plan: Plan, allowIrreversible: Bool) async throws(Problem) {
        let changes = try await prepared(plan.changes, for: id)
        try checkIrreversible(plan, changes, allowed: allowIrreversible)
        let foresight = try await foresee(changes, until: live[id]?.record.deadline ?? clock.now())
        try refuseIfClosed()
        guard var record = live[id]?.record else { throw Problem(.internalError, "the fault vanished while it was prepared") }
        record.changes = changes
        record.notes += changes.flatMap(\.undo.part.outlook)
        if let note = foresight.note { record.notes.append(note) }
        update(id) { $0 = record }
        try await persist([.fault(record)])
        // Soon more is to be written of it: until then this can wait.
        outbox.add(late: [announce(.faultApplying, id, "\(record.kind) for \(record.lease.duration.text) by \(record.requestedBy.name)")])
        lessor.grant(id, until: record.deadline.boot)
        rearmTimer()
    }

    func prepared(_ changes: [Change], for id: FaultID) async throws(Problem) -> [ChangeRecord] {
        var records: [ChangeRecord] = []
        for change in changes { records.append(ChangeRecord(change: change, undo: try await host.prepare(change, for: id))) }
        return records
    }

    /// Applies, as an operation that an end can cancel; returns the fault as it is then, or throws why it could not be.
    private func run(_ id: FaultID, _ bound: BoundFault) async throws(Problem) -> FaultRecord {
        let operation = Task.immediate { await applyAll(id) }
        live[id]?.operation = operation
        await operation.value
        live[id]?.operation = nil
        finishOperation(id)
        if let record = live[id]?.record, record.state == .active {
            startCompanions(id, bound)
            return record
        }
        await waitUntilSettled(id)
        let record = try await record(id)
        throw record.error ?? Problem(.conflict, "fault \(id) was ended (\(record.endedBy?.rawValue ?? "unknown")) while it was being applied")
    }

    private func applyAll(_ id: FaultID) async {
        let started = clock.now()
        do {
            for index in (live[id]?.record.changes ?? []).indices { try await apply(id, index) }
        } catch {
            // An end that was asked for meanwhile cancels what is under way: its error is only the cancellation.
            guard let record = live[id]?.record, live[id]?.pendingEnd == nil else { return }
            // It ran out on the way: that is why it ends, whatever failed by then.
            if record.deadline.boot <= clock.now().boot { return requestEnd(id, .lease) }
            update(id) { $0.error = error }
            logger.error("could not apply: \(error)", metadata: ["fault": "\(id)"])
            requestEnd(id, .error)
            return
        }
        guard live[id]?.pendingEnd == nil else { return }
        let now = clock.now()
        _ = transition(id, on: .applied)
        update(id) {
            $0.appliedAt = now
            $0.applyTook = now.since(started).nanoseconds
        }
        guard let record = live[id]?.record else { return }
        metrics.noteApplied(record)
        persistLater([.fault(record), announce(.faultActive, id, "\(record.kind) is in force until \(record.deadline.wall.text)")])
        tellWaiters(id)
    }

    /// The backstop first, then the effect.
    func apply(_ id: FaultID, _ index: Int) async throws(Problem) {
        guard let record = live[id]?.record, live[id]?.pendingEnd == nil else { return }
        let change = record.changes[index]
        let backstop = try await armed(change.undo, until: record.deadline)
        update(id) { $0.changes[index].backstop = backstop }
        guard live[id]?.pendingEnd == nil else { return }
        let evidence = try await host.apply(change.change, undo: change.undo, until: record.deadline)
        update(id) {
            $0.changes[index].state = .applied
            $0.take(evidence, of: change.undo)
        }
    }
}
