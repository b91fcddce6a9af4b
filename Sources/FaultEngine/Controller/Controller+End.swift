// The one path by which every fault ends: lease, request, halt, failure half-way, shutdown, restart.
public import FaultModel
import Logging

extension Controller {
    /// Ends a fault now and returns it once it is undone, or stuck. Twice is fine.
    public func end(_ id: FaultID, by caller: Caller, as standing: Standing = Standing()) async throws(Problem) -> FaultDocument {
        // What is over is nobody's to protect: ending it twice is fine for everybody.
        if let record = live[id]?.record { try checkStanding(record, caller, standing) }
        let attempts = live[id]?.record.revertAttempts ?? 0
        requestEnd(id, .request)
        await waitUntilTried(id, after: attempts)
        return document(try await record(id))
    }

    /// Ends every fault that matches, is not over, and is the caller's to end; the others are named.
    public func endAll(_ query: HistoryQuery, by caller: Caller) async throws(Problem) -> EndedDocument {
        var (ids, refused): ([FaultID], [Problem.FieldError]) = ([], [])
        for record in live.records.reversed().filter(query.matches) {
            do {
                try checkStanding(record, caller, Standing())
                ids.append(record.id)
            } catch { refused.append(.init(record.id.text, error.detail)) }
        }
        return EndedDocument(items: await endAll(ids, .request).map(document), refused: refused)
    }

    /// Ends these, all at once, and returns them as they are when each is undone or stuck.
    func endAll(_ ids: [FaultID], _ cause: EndCause) async -> [FaultRecord] {
        let attempts = Dictionary(uniqueKeysWithValues: ids.map { ($0, live[$0]?.record.revertAttempts ?? 0) })
        for id in ids { requestEnd(id, cause) }
        var records: [FaultRecord] = []
        for id in ids {
            await waitUntilTried(id, after: attempts[id] ?? 0)
            if let record = try? await record(id) { records.append(record) }
        }
        return records
    }

    /// Returns when it is undone, or could not be once more.
    private func waitUntilTried(_ id: FaultID, after attempts: Int) async {
        await wait(id) { $0.map { $0.record.state == .stuck && $0.record.revertAttempts > attempts } ?? true }
    }

    /// Wants the end of a fault. Whatever else is under way on it is cancelled and finished first.
    func requestEnd(_ id: FaultID, _ cause: EndCause) {
        guard let entry = live[id] else { return }
        for task in entry.companions { task.cancel() }
        stopPatrol(id)
        if entry.isBusy {
            live[id]?.pendingEnd = entry.pendingEnd ?? cause
            if cause != .error { entry.operation?.cancel() }
            return
        }
        switch transition(id, on: .endWanted) {
        case .revert: beginRevert(id, cause)
        case .retryRevert: entry.pause?.cancel()
        case .nothing, .close: break
        }
    }

    /// Called when an operation is over: what was asked for meanwhile happens now.
    func finishOperation(_ id: FaultID) {
        live[id]?.isBusy = false
        if let cause = live[id]?.pendingEnd {
            live[id]?.pendingEnd = nil
            requestEnd(id, cause)
        }
        tellWaiters(id)
    }

    private func beginRevert(_ id: FaultID, _ cause: EndCause) {
        update(id) { $0.endedBy = $0.endedBy ?? cause }
        guard let record = live[id]?.record else { return }
        persistLater([.fault(record), announce(.faultReverting, id, "\(record.kind): \(cause.rawValue)")])
        tellWaiters(id)
        Task { await revertUntilDone(id) }
    }

    /// Tries until everything is undone, for ever.
    func revertUntilDone(_ id: FaultID) async {
        let started = clock.now()
        while let problem = await revertOnce(id) {
            guard transition(id, on: .undoFailed) == .retryRevert else { return }
            noteStuck(id, problem)
            await pause(id)
        }
        await lastLook(id)
        guard transition(id, on: .undone) == .close else { return }
        close(id, took: clock.now().since(started))
    }

    /// Every undo that is not done yet, newest first; one that fails does not keep the others from being tried.
    private func revertOnce(_ id: FaultID) async -> Problem? {
        var failure: Problem?
        for index in (live[id]?.record.changes ?? []).indices.reversed() {
            guard let change = live[id]?.record.changes[index], change.state != .reverted else { continue }
            do {
                let outcome = try await host.revert(change.undo)
                update(id) {
                    $0.changes[index].state = .reverted
                    $0.changes[index].outcome = outcome
                    $0.changes[index].error = nil
                }
            } catch {
                failure = failure ?? error
                update(id) { $0.changes[index].error = error }
            }
        }
        return failure
    }

    /// What became of containers that had not come back: the undo may have started them.
    private func lastLook(_ id: FaultID) async {
        guard let record = live[id]?.record, record.evidence.containers?.contains(where: { $0.outcome == .waiting }) == true else { return }
        for change in record.changes {
            guard case .containers = change.undo, let seen = try? await host.observe(change.undo) else { continue }
            update(id) { $0.evidence.merge(seen) }
        }
    }

    private func noteStuck(_ id: FaultID, _ problem: Problem) {
        let now = clock.now().wall
        update(id) {
            $0.revertAttempts += 1
            $0.stuckSince = $0.stuckSince ?? now
            // Of one that could not be applied that stays the error; what its undo met is with the change.
            if $0.endedBy != .error { $0.error = problem }
            $0.clean = false
        }
        guard let record = live[id]?.record else { return }
        logger.critical("STUCK: could not undo (attempt \(record.revertAttempts)): \(problem)", metadata: ["fault": "\(id)"])
        var entries: [JournalEntry] = [.fault(record)]
        if record.revertAttempts == 1 { entries.append(announce(.faultStuck, id, "\(record.kind) could not be undone yet: \(problem.detail)")) }
        persistLater(entries)
        tellWaiters(id)
    }

    private func pause(_ id: FaultID) async {
        let attempt = live[id]?.record.revertAttempts ?? 1
        let until = clock.now().boot + FaultTransition.backOff(attempt: attempt).nanoseconds
        let clock = clock
        let pause = Task { do { try await clock.sleep(until: until) } catch {} }
        live[id]?.pause = pause
        await pause.value
        live[id]?.pause = nil
    }

    private func close(_ id: FaultID, took: Duration) {
        let now = clock.now()
        update(id) { $0.conclude(at: now, took: took) }
        guard let record = live[id]?.record else { return }
        lessor.remove(id)
        rearmTimer()
        live.remove(id)
        metrics.noteEnded(record, bootID: clock.bootID)
        let cause = record.endedBy?.rawValue ?? "unknown"
        let type: Event.Kind = record.state == .failed ? .faultFailed : .faultReverted
        let text = record.state == .failed ? record.error?.detail ?? "failed" : "undone in \(took.text), ended by \(cause)"
        persistLater([.fault(record), announce(type, id, "\(record.kind): \(text)" + (record.clean == false ? "; not clean" : ""))])
        logger.info("\(record.state.rawValue), ended by \(cause), took \(took.text)", metadata: ["fault": "\(id)"])
        tellWaiters(id)
    }
}

extension FaultRecord {
    /// The last words on a fault whose every undo is done.
    mutating func conclude(at now: Moment, took: Duration) {
        let outcomes = changes.compactMap(\.outcome)
        revertedAt = now
        revertTook = took.nanoseconds
        drift = outcomes.flatMap(\.drift)
        clean = drift.isEmpty
        for note in outcomes.flatMap(\.notes) where !notes.contains(note) { notes.append(note) }
        // It had run out before anybody looked, and nothing was left to undo: the backstop did it.
        let isGone = outcomes.allSatisfy { $0.result != .restored }
        if endedBy == .restart, lease.deadline.boot <= now.boot, isGone { endedBy = .backstop }
        if state == .reverted { error = nil }
        evidence.giveUpWaiting()
    }
}

extension Evidence {
    /// What has not come back by now did not come back while the fault lasted.
    mutating func giveUpWaiting() {
        containers = containers?.map { recovery in
            guard recovery.outcome == .waiting else { return recovery }
            var recovery = recovery
            recovery.outcome = .didNotComeBack
            return recovery
        }
    }
}
