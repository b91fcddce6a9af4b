// Looking at faults while they are in force: one that claims to be and is not must not go unnoticed. Nothing is ever put in force again.
public import FaultModel
import Logging

extension Controller {
    /// Has a fault looked at every few seconds while it is in force: legacy tables tell nobody of a change.
    func patrol(_ id: FaultID) {
        guard let record = live[id]?.record, record.changes.contains(where: \.undo.isHeld), !looks.has(id) else { return }
        setLook(at: id, after: .zero)
    }

    func stopPatrol(_ id: FaultID) {
        looks.remove(id)
        rearmLooks()
    }

    private func setLook(at id: FaultID, after took: Duration) {
        looks.set(id, at: nextLook(after: took))
        rearmLooks()
    }

    private func rearmLooks() { lookAlarm.set(for: looks.next, clock) { [weak self] in await self?.makeRound() } }

    /// At whole multiples of the pause, so that all faults are looked at in one round, which a mechanism can answer with one look of its own.
    /// One that is slow to look at is looked at more rarely.
    private func nextLook(after took: Duration) -> Int64 {
        let (now, pause) = (clock.now().boot, Limits.patrolPause.nanoseconds)
        let rest = took.nanoseconds * Int64(Limits.patrolRest)
        return rest > pause ? now + rest : (now / pause + 1) * pause
    }

    private func makeRound() async {
        lookAlarm.rang()
        let due = looks.takeDue(at: clock.now().boot)
        rearmLooks()
        _ = await together(due) { await self.lookOnPatrol(at: $0) }
    }

    private func lookOnPatrol(at id: FaultID) async -> Problem? {
        guard let entry = live[id], entry.record.state == .active else { return nil }
        let began = clock.now()
        let problem = entry.isBusy ? nil : await look(at: id, onlyHeld: true)
        if live[id]?.record.state == .active { setLook(at: id, after: clock.now().since(began)) }
        return problem
    }

    /// So many at once that one which hangs holds up no other, and so few that their tasks take no memory to speak of.
    private func together(_ ids: [FaultID], _ look: @escaping @Sendable (FaultID) async -> Problem?) async -> [FaultID: Problem] {
        await withTaskGroup(of: (FaultID, Problem?).self) { group in
            var failures: [FaultID: Problem] = [:]
            for (index, id) in ids.enumerated() {
                if index >= Limits.looksAtOnce, let (id, failure) = await group.next() { failures[id] = failure }
                group.addTask { (id, await look(id)) }
            }
            for await (id, failure) in group { failures[id] = failure }
            return failures
        }
    }

    /// Takes over what can be seen of a fault now.
    /// - Returns: why some of it could not be looked at. That says nothing about the fault: what was seen before stands.
    @discardableResult
    func look(at id: FaultID, onlyHeld: Bool = false) async -> Problem? {
        var failure: Problem?
        for change in live[id]?.record.changes ?? [] where change.state == .applied && (change.undo.isHeld || !onlyHeld) {
            do {
                let seen = try await host.observe(change.undo)
                // Whatever is missing of a fault that is being ended is no drift.
                guard isInForce(id) else { return nil }
                take(seen, of: change.undo, id)
            } catch { failure = failure ?? error }
        }
        return failure
    }

    private func isInForce(_ id: FaultID) -> Bool { live[id].map { $0.record.state == .active && $0.pendingEnd == nil } ?? false }

    /// Everything that an observation says, and word of it when it changes whether the fault is wholly in force.
    func take(_ seen: Evidence, of undo: Undo, _ id: FaultID) {
        guard let before = live[id]?.record else { return }
        update(id) { $0.take(seen, of: undo) }
        guard isInForce(id), let record = live[id]?.record, record.driftInForce != before.driftInForce else { return }
        record.driftInForce.isEmpty ? tellDriftOver(id, record) : tellDrift(id, record)
        tellWaiters(id)
    }

    private func tellDrift(_ id: FaultID, _ record: FaultRecord) {
        let text = "not wholly in force: \(record.driftInForce.joined(separator: "; "))"
        logger.warning("\(record.kind) is \(text)", metadata: ["fault": "\(id)"])
        remember(id, text)
        let data = try? JSONValue(encoding: record.driftInForce)
        persistLater([.fault(live[id]?.record ?? record), announce(.faultDrift, id, "\(record.kind) is \(text)", data: data)])
    }

    private func tellDriftOver(_ id: FaultID, _ record: FaultRecord) {
        logger.notice("\(record.kind) is wholly in force again", metadata: ["fault": "\(id)"])
        remember(id, "wholly in force again")
        persistLater([.fault(live[id]?.record ?? record), announce(.faultDriftOver, id, "\(record.kind) is wholly in force again")])
    }

    /// For whoever judges the fault once it is over: what was measured meanwhile may not have been its effect.
    private func remember(_ id: FaultID, _ text: String) {
        let time = clock.now().wall.text
        update(id) { record in
            guard record.notes.count(where: { $0.hasPrefix("at ") }) < Limits.driftNotes else { return }
            record.notes.append("at \(time): \(text)")
        }
    }

    // MARK: verify

    /// Looks at the whole node: what is ours and whose it is, and at every fault whether it is in force.
    public func verify() async throws(Problem) -> VerifyDocument {
        let faults = await checks()
        let (orphans, accounted) = try await survey()
        return VerifyDocument(orphans: orphans, accounted: accounted, faults: faults)
    }

    /// Removes what no fault accounts for, and looks again. Faults and what they hold stay as they are.
    public func removeLeftovers() async throws(Problem) -> VerifyDocument {
        for artefact in try await orphans() { try await removeOrphan(artefact) }
        return try await verify()
    }

    /// All at the same time: one mechanism that hangs costs its time limit once.
    private func checks() async -> [FaultCheck] {
        let active = live.records.filter { $0.state == .active }.map(\.id)
        let failures = await together(active) { await self.look(at: $0, onlyHeld: true) }
        return live.records.reversed().map { FaultCheck($0, failure: failures[$0.id]) }
    }
}
