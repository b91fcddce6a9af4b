// Looking at faults while they are in force: one that claims to be and is not must not go unnoticed. Nothing is ever put in force again.
public import FaultModel
import Logging

extension Controller {
    /// Looks at a fault every few seconds until its task is cancelled, which its end does: legacy tables tell nobody of a change.
    /// Each fault has a patrol of its own, so that a look that hangs holds up no other.
    func patrol(_ id: FaultID) async {
        var pause = Limits.patrolPause
        while !Task.isCancelled {
            do { try await clock.sleep(until: clock.now().boot + pause.nanoseconds) } catch { return }
            guard let entry = live[id] else { return }
            if entry.isBusy || entry.record.state != .active { continue }
            let began = clock.now()
            await look(at: id, onlyHeld: true)
            pause = max(Limits.patrolPause, clock.now().since(began) * (Limits.patrolRest * max(live.count, 1)))
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
        let active = live.values.map(\.record).filter { $0.state == .active }.map(\.id)
        let looks = active.map { id in Task { await look(at: id, onlyHeld: true) } }
        var failures: [FaultID: Problem] = [:]
        for (id, look) in zip(active, looks) { failures[id] = await look.value }
        return live.values.map(\.record).sorted { $0.id > $1.id }.map { FaultCheck($0, failure: failures[$0.id]) }
    }
}
