// Start and stop. Starting only ever removes; stopping takes everything back.
public import FaultModel
import Logging

extension Controller {
    /// Reverts everything the journal holds open and removes what carries our mark besides. The socket opens after this.
    public func start() async throws(Problem) {
        let state = try await journal.load()
        halted = state.halt
        events.resume(after: state.lastEvent)
        await settle(state.open, cause: .restart)
        await removeOrphans()
        persistLater([announce(.daemonStarted, nil, "faultd \(version) started; \(state.open.count) faults of before were taken back")])
        // What was taken back is over in the journal too before anybody is answered.
        if !state.open.isEmpty { await settleJournal() }
    }

    /// Ends what an earlier run of the daemon left open, all at once; what can't be undone yet goes on being tried.
    private func settle(_ open: [FaultRecord], cause: EndCause) async {
        for record in open {
            var record = record
            if record.bootID == clock.bootID { record.endedBy = record.endedBy ?? cause } else { record.surviveReboot(at: clock.now()) }
            record.state = .reverting
            record.revertAttempts = 0
            live.insert(Live(record))
            logger.notice("taking back a fault of an earlier run", metadata: ["fault": "\(record.id)"])
            let id = record.id
            Task { await revertUntilDone(id) }
        }
        for record in open { await waitUntilSettled(record.id) }
    }

    /// What carries our mark and belongs to no fault that is still being undone.
    func removeOrphans() async {
        do {
            for artefact in try await orphans() { try await removeOrphan(artefact) }
        } catch { logger.error("could not look for orphans, or remove one: \(error)") }
    }

    func removeOrphan(_ artefact: Artefact) async throws(Problem) {
        try await host.remove(artefact)
        metrics.orphansRemoved += 1
        persistLater([announce(.orphanRemoved, artefact.fault, artefact.name)])
        logger.notice("removed an orphan: \(artefact.name)")
    }

    /// Removes everything that carries a mark, going by nothing else: for when the journal is lost.
    public static func sweep(_ host: any Host) async throws(Problem) -> [Artefact] {
        let found = try await host.inventory()
        for artefact in found { try await host.remove(artefact) }
        return found
    }

    func orphans() async throws(Problem) -> [Artefact] { try await survey().orphans }

    /// Everything of ours, by whether a fault accounts for it: one that is alive, or was when the node was looked at. A part that belongs
    /// to no single fault is accounted for as long as any is alive.
    func survey() async throws(Problem) -> (orphans: [Artefact], accounted: [Artefact]) {
        let before = Set(live.ids)
        let all = try await host.inventory()
        let known = before.union(live.ids)
        let isAccounted = { (artefact: Artefact) in artefact.fault.map(known.contains) ?? !known.isEmpty }
        return (all.filter { !isAccounted($0) }, all.filter(isAccounted))
    }

    /// Ends everything; refuses new faults from the first moment. Returns when all is undone, or can't be yet.
    public func shutdown() async {
        isStopping = true
        persistLater([announce(.daemonStopping, nil, "faultd is stopping; \(live.count) faults are taken back")])
        _ = await endAll(live.ids.reversed(), .shutdown)
        leaseAlarm.cancel()
        lookAlarm.cancel()
        await removeOrphans()
        await settleJournal()
        events.finish()
    }

    /// For the command that works without the daemon: reverts what is open, all or one, and what carries our mark.
    /// - Parameter cause: why, of what has not run out yet.
    /// - Returns: what was reverted, and what could not be.
    public func revertOffline(only wanted: FaultID?, because cause: EndCause = .request) async throws(Problem) -> [FaultRecord] {
        let state = try await journal.load()
        events.resume(after: state.lastEvent)
        // After the daemon's own end the node may be on its way down: what is over with the boot is settled by the next start.
        let open = state.open.filter { (wanted == nil || $0.id == wanted) && !(cause == .restart && $0.endsWithTheBoot) }
        let isOver = open.allSatisfy { $0.lease.deadline.boot <= clock.now().boot }
        await settle(open, cause: isOver ? .backstop : cause)
        if wanted == nil { await removeOrphans() }
        await settleJournal()
        var records: [FaultRecord] = []
        for record in open { records.append(try await self.record(record.id)) }
        return records
    }

    /// Why the journal does not have what happened, if so.
    public func journalTrouble() -> Problem? { outbox.trouble }
}

extension FaultRecord {
    fileprivate var endsWithTheBoot: Bool { changes.contains { $0.undo.endsWithTheBoot } }

    /// What the reboot took away is done; what lasts is left for the undo. Its backstops are gone with the boot they were armed in.
    fileprivate mutating func surviveReboot(at now: Moment) {
        endedBy = endsWithTheBoot ? .reboot : endedBy ?? .reboot
        let down = appliedAt.map { now.wall.milliseconds - $0.wall.milliseconds }
        for index in changes.indices {
            changes[index].backstop = nil
            guard changes[index].undo.isForgottenByReboot, changes[index].state != .reverted else { continue }
            changes[index].state = .reverted
            changes[index].error = nil
            changes[index].outcome = RevertOutcome(
                .alreadyGone, notes: [changes[index].undo.endsWithTheBoot ? Self.booted(after: down) : "the reboot took it away"])
        }
    }

    private static func booted(after milliseconds: Int64?) -> String {
        "the node has booted anew"
            + (milliseconds.map { ", and faultd is back \(Duration.milliseconds($0).text) after the fault was in force" } ?? "")
    }
}
