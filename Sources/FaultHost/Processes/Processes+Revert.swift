// Undoing: what was stopped continues, and services that ended are started.
import FaultModel
import Glibc

extension Processes {
    /// Safe to run twice, without the change, and when the processes are gone.
    func revert(_ undo: ProcessUndo) async throws(Problem) -> RevertOutcome {
        switch undo.action {
        case .pause: try await resume(undo.targets)
        case .signal: try await startAgain(undo)
        }
    }

    private func resume(_ pins: [ProcessPin]) async throws(Problem) -> RevertOutcome {
        var outcome = RevertOutcome(.alreadyGone)
        for pin in pins {
            // Held before it is looked at, so that the signal can't reach another one.
            let process = try PidFD(pid: pin.pid)
            guard let process, let stat = ProcessTable.stat(pin.pid), stat.startTicks == pin.startTicks, stat.isLive else {
                outcome.drift.append("process \(pin.title) has ended since it was stopped: not by faultd")
                continue
            }
            guard stat.isStopped, try process.send(SIGCONT, "CONT") else { continue }
            outcome.result = .restored
        }
        if outcome.result != .restored, !outcome.drift.isEmpty { outcome.result = .superseded }
        let left = await Self.waiting(for: pins, limit: Self.settleLimit) { !$0.isStopped }
        if let pin = left.first { throw Problem(.hostFailure, "process \(pin.title) is still stopped \(Self.settleLimit.text) after SIGCONT") }
        return outcome
    }

    /// `systemctl start` of each service that is down, unless it ran again meanwhile and was stopped by somebody else.
    private func startAgain(_ undo: ProcessUndo) async throws(Problem) -> RevertOutcome {
        var report = RevertOutcome(.alreadyGone)
        var down: [UnitSnapshot] = []
        for before in undo.units where try await isOurs(before, undo.fault, &report) { down.append(before) }
        for pin in undo.targets where pin.supervisor == nil {
            guard let stat = ProcessTable.stat(pin.pid), stat.startTicks == pin.startTicks, stat.isLive else {
                report.drift.append("process \(pin.title) was ended by this fault, and nothing is known that starts it again")
                continue
            }
        }
        guard !down.isEmpty else { return report }
        let started = try await systemd.revert(UnitUndo(fault: undo.fault, units: down))
        return RevertOutcome(started.result, notes: report.notes + started.notes, drift: report.drift + started.drift)
    }

    /// Whether it is down and was not up in between; anything else is written into the report.
    private func isOurs(_ before: UnitSnapshot, _ fault: FaultID, _ report: inout RevertOutcome) async throws(Problem) -> Bool {
        let now: UnitSnapshot?
        do { now = try await snapshot(before.name, fault) } catch {
            guard error.type == .noSuchUnit || error.type == .impossible else { throw error }
            report.drift.append("\(before.name): \(error.detail)")
            return false
        }
        guard let now, !now.wasActive else {
            if let now, now.invocationID != before.invocationID { report.notes.append("\(before.name) came back by itself") }
            return false
        }
        let hasRunSince = !now.invocationID.isEmpty && now.invocationID != before.invocationID
        guard hasRunSince, now.activeState == "inactive" else { return true }
        report.drift.append("\(before.name) came back after the fault and was stopped again, not by faultd: left as it is")
        report.result = .superseded
        return false
    }

    // MARK: - looking

    func observe(_ undo: ProcessUndo) async throws(Problem) -> Evidence {
        var evidence = Evidence(observations: [], drift: undo.action == .pause ? [] : nil)
        for pin in undo.targets {
            let state = Self.state(of: pin)
            evidence.observations?.append(.init(pin.subject, state.word))
            if undo.action == .pause, state != .stopped {
                evidence.drift?.append("process \(pin.title) \(state == .ended ? "has ended" : "was continued")")
            }
        }
        return evidence
    }

    private enum State {
        case stopped, running, ended

        var word: String {
            switch self {
            case .stopped: "stopped"
            case .running: "running"
            case .ended: "ended"
            }
        }
    }

    private static func state(of pin: ProcessPin) -> State {
        guard let stat = ProcessTable.stat(pin.pid), stat.startTicks == pin.startTicks, stat.isLive else { return .ended }
        return stat.isStopped ? .stopped : .running
    }
}
