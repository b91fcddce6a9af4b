// What goes on while a fault is in force: recovery is watched, and the act repeated where that was asked for.
import FaultModel
import Logging

extension Controller {
    func startCompanions(_ id: FaultID, _ bound: BoundFault) {
        for change in live[id]?.record.changes ?? [] { follow(id, change.undo) }
        patrol(id)
        guard let interval = bound.repeatEvery else { return }
        live[id]?.companions.append(Task { [weak self] in await self?.repeatAct(id, bound, every: interval) })
    }

    private func follow(_ id: FaultID, _ undo: Undo) {
        guard let news = host.follow(undo) else { return }
        live[id]?.companions.append(
            Task { [weak self] in
                for await evidence in news { await self?.note(id, undo, evidence) }
            })
    }

    private func note(_ id: FaultID, _ undo: Undo, _ evidence: Evidence) {
        guard let before = live[id]?.record.evidence else { return }
        take(evidence, of: undo, id)
        guard let record = live[id]?.record, record.evidence != before else { return }
        persistLater([.fault(record), announce(.faultEvidence, id, evidence.headline, data: try? JSONValue(encoding: evidence))])
        tellWaiters(id)
    }

    // MARK: repeating

    private func repeatAct(_ id: FaultID, _ bound: BoundFault, every interval: Duration) async {
        var next = clock.now().boot + interval.nanoseconds
        while !Task.isCancelled {
            do { try await clock.sleep(until: next) } catch { return }
            do { try await repeatOnce(id, bound) } catch {
                guard live[id]?.record.state == .active else { return }
                // Nothing matching just now is what a kill leads to, not a failure.
                logger.info("not repeated: \(error)", metadata: ["fault": "\(id)"])
            }
            next = max(next + interval.nanoseconds, clock.now().boot)
        }
    }

    /// One more round on whatever matches now: planned, prepared, durable and applied like the first.
    private func repeatOnce(_ id: FaultID, _ bound: BoundFault) async throws(Problem) {
        _ = try await begin(id)
        defer { finishOperation(id) }
        let plan = try await planned(bound, sparing: live[id]?.spared ?? [])
        try admitRepeat(plan, id)
        let new = try await prepared(plan.changes, for: id)
        try checkIrreversible(plan, new, allowed: live[id]?.record.allowIrreversible ?? false)
        guard let held = live[id]?.record.claims, live[id]?.pendingEnd == nil else { return }
        update(id) {
            $0.forgetRecovered()
            $0.forgetCovered(by: new.map(\.undo))
            $0.changes += new
            $0.claims = ($0.claims + plan.claims.filter { !$0.shared }).uniqued()
        }
        guard let record = live[id]?.record else { return }
        do { try await persist([.fault(record)]) } catch {
            // What will not be hit is not held either.
            update(id) {
                $0.changes.removeLast(new.count)
                $0.claims.removeAll { plan.claims.contains($0) && !held.contains($0) }
            }
            throw error
        }
        for index in record.changes.indices.suffix(new.count) {
            try await apply(id, index)
            if let undo = live[id]?.record.changes[index].undo { follow(id, undo) }
        }
        patrol(id)
        if let record = live[id]?.record { persistLater([.fault(record), announce(.faultRepeated, id, "\(record.kind): hit \(plan.targets) more")]) }
    }

    private func admitRepeat(_ plan: Plan, _ id: FaultID) throws(Problem) {
        guard plan.targets <= policy.maxTargets else {
            throw Problem(.tooManyTargets, "\(plan.targets) would be hit, and max_targets is \(policy.maxTargets)")
        }
        try refuseClash(plan.claims, except: id)
    }
}

extension FaultRecord {
    /// Containers that are back need no undo any more: without this a long repetition would grow without end.
    mutating func forgetRecovered() {
        let back = Set((evidence.containers ?? []).filter { $0.outcome == .replaced }.map(\.oldID))
        changes.removeAll { change in
            guard case .containers(let undo) = change.undo, undo.action != .keepRunning else { return false }
            return undo.targets.allSatisfy { back.contains($0.id) }
        }
        if let seen = evidence.observations, seen.count > Self.recoveriesKept { evidence.observations = seen.suffix(Self.recoveriesKept) }
        claims.removeAll { claim in back.contains { claim.resource.hasPrefix("container:") && claim.resource.hasSuffix("/" + $0) } }
        if let containers = evidence.containers, containers.count > Self.recoveriesKept {
            evidence.containers = containers.suffix(Self.recoveriesKept)
        }
    }

    /// A process that was killed stays dead: all that is left to undo of it is its service or its container, which the next round takes over.
    mutating func forgetCovered(by new: [Undo]) {
        var gone: Set<String> = []
        changes.removeAll { change in
            guard change.state == .applied, new.contains(where: { $0.covers(change.undo) }) else { return false }
            if case .processes(let undo) = change.undo { gone.formUnion(undo.targets.map { Claim.process($0).resource }) }
            return true
        }
        claims.removeAll { gone.contains($0.resource) }
    }

    /// Entries of recovery evidence that one fault keeps.
    private static let recoveriesKept = 200
}

extension Undo {
    /// Whether undoing this one undoes all that is left of an earlier kill.
    fileprivate func covers(_ earlier: Undo) -> Bool {
        switch (self, earlier) {
        case (.processes(let new), .processes(let old)):
            guard case .signal = old.action, old.irreversible.isEmpty else { return false }
            return Set(old.units.map(\.name)).isSubset(of: new.units.map(\.name))
        case (.unitActs(let new), .unitActs(let old)):
            // Units that run when they are hit again are back, and so is what an earlier round had to bring back.
            return Set(old.running.map(\.name)).isSubset(of: new.running.map(\.name))
        case (.containers(let new), .containers(let old)):
            return new.action == .keepRunning && old.action == .keepRunning && Set(old.targets.map(\.id)).isSubset(of: new.targets.map(\.id))
        default: return false
        }
    }
}

extension Array where Element: Hashable {
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

extension Evidence {
    /// One line that says what is new.
    var headline: String {
        if let recovery = containers?.last { return recovery.headline }
        if let unit = units?.last { return "\(unit.unit) is \(unit.state)" + (unit.selfHealedAfter.map { " again after \($0.duration.text)" } ?? "") }
        if let seen = observations?.last { return "\(seen.subject) is \(seen.state)" }
        return notes?.last ?? "new evidence"
    }
}

extension Evidence.Recovery {
    var headline: String {
        let time = relaunchTime.map { " after \($0.duration.text)" } ?? ""
        let ready = readyTime.map { ", ready after \($0.duration.text)" } ?? ""
        switch outcome {
        case .signalled: return "\(name) was signalled and has not ended"
        case .waiting: return "\(name) is dead; waiting for it to come back"
        case .restarted: return "\(name) runs again\(time)\(ready)"
        case .replaced: return "\(name) was replaced by \(newName ?? newID ?? "another")\(time)\(ready)"
        case .didNotComeBack: return "\(name) did not come back"
        case .startedByFaultd: return "\(name) was started again by faultd"
        }
    }
}
