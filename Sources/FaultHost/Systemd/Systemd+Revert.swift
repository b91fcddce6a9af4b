// Starting again what was active, and telling apart what is ours to undo from what somebody else did meanwhile.
import FaultModel

extension Systemd {
    /// Starts what was active and is not, checks it, and removes the backstop. Safe twice, safe without the change.
    func revert(_ undo: UnitUndo) async throws(Problem) -> RevertOutcome {
        remember(reverting: undo.fault)
        var report = RevertReport()
        let (states, armed) = try await asking(to: "read the units' states") { () throws(BusError) in
            (try await read(undo.units.map(\.name)), try await timers(of: undo.timer))
        }
        var down: [UnitSnapshot] = []
        var stopping: [String] = []
        for (snapshot, unit) in zip(undo.units, states) {
            report.compare(unit, with: snapshot)
            guard snapshot.wasActive, classify(snapshot, unit, undo.fault, hasBackstop: !armed.isEmpty, &report) else { continue }
            down.append(snapshot)
            if unit.isStopping, unit.invocationID == snapshot.invocationID { stopping.append(unit.name) }
        }
        if !down.isEmpty {
            let late = undo.force == true ? stopping : []
            async let killed = cutShort(late)
            do { try await start(down, for: undo.fault, &report) } catch {
                await report.killed(killed)
                throw error
            }
            await report.killed(killed)
            if undo.force != true { report.waited(for: stopping) }
        }
        try await disarm(undo.timer)
        await bus.nudge()
        return report.outcome
    }

    /// Whether the unit has to be started; anything else is written into the report.
    private func classify(
        _ snapshot: UnitSnapshot, _ unit: UnitProperties, _ fault: FaultID, hasBackstop: Bool, _ report: inout RevertReport
    ) -> Bool {
        if unit.isRunning, !unit.hasJob {
            if unit.invocationID != snapshot.invocationID, !didStart(unit, for: fault) { report.startedElsewhere(unit, hasBackstop: hasBackstop) }
            return false
        }
        if !unit.isLoaded {
            report.lost(snapshot.name, Self.whyLost(unit))
            return false
        }
        return true
    }

    static func whyLost(_ unit: UnitProperties) -> String {
        switch unit.loadState {
        case "masked": "it was masked meanwhile; `systemctl unmask \(unit.name)` and `systemctl start \(unit.name)` bring it back"
        case "not-found": "its unit file was removed meanwhile"
        default: "its unit file was changed meanwhile and is not loaded (\(unit.loadState))"
        }
    }

    /// `systemctl reset-failed UNITS; systemctl start UNITS`: the reset clears the count of starts, which short leases would use up.
    func start(_ down: [UnitSnapshot], for fault: FaultID, _ report: inout RevertReport) async throws(Problem) {
        for unit in down { _ = try? await bus.call(BusCall("ResetFailedUnit", [.string(unit.name)])) }
        let ends = await bus.run(down.map { BusCall("StartUnit", [.string($0.name), .string("replace")]) }, limit: settings.jobLimit)
        let states = try await asking(to: "read the units' states") { () throws(BusError) in try await read(down.map(\.name)) }
        var failures: [Problem] = []
        for (snapshot, (unit, end)) in zip(down, zip(states, ends)) {
            do throws(Problem) { try await judge(snapshot, unit, end, for: fault, &report) } catch { failures.append(error) }
        }
        guard let first = failures.first else { return }
        throw Problem(first.type, failures.map(\.detail).joined(separator: "; "), hint: first.hint)
    }

    /// How the start of one unit went.
    private func judge(
        _ snapshot: UnitSnapshot, _ unit: UnitProperties, _ end: Result<Bus.JobEnd, BusError>, for fault: FaultID, _ report: inout RevertReport
    ) async throws(Problem) {
        if unit.isRunning || (unit.isUp && snapshot.activeState == "activating") {
            remember(started: unit, for: fault)
            return report.restored(unit)
        }
        if let reason = try await whyLeft(snapshot, unit, end) { return report.lost(unit.name, reason) }
        // It was on its way then: a oneshot that has done its work by now, or a service in a restart loop that fails as it did.
        if snapshot.activeState == "activating" { return report.startedOnce(unit, snapshot) }
        switch end {
        case .failure(.timedOut):
            throw Problem(.timedOut, "\(unit.name) did not start within \(settings.jobLimit.text)", hint: "systemctl status \(unit.name)")
        case .failure(let error): throw error.problem("start \(unit.name)")
        case .success(.other(let result)):
            throw Problem(.hostFailure, "\(unit.name) could not be started: \(result); it is \(unit.state)", hint: "systemctl status \(unit.name)")
        case .success(.done), .success(.unknown):
            throw Problem(.hostFailure, "\(unit.name) was started and is \(unit.state)", hint: "systemctl status \(unit.name)")
        }
    }

    /// Why a unit that does not start will not start by trying again, if so.
    private func whyLeft(_ snapshot: UnitSnapshot, _ unit: UnitProperties, _ end: Result<Bus.JobEnd, BusError>) async throws(Problem) -> String? {
        if !unit.isLoaded { return Self.whyLost(unit) }
        if case .failure(.refused(BusError.Name.masked, let message)) = end { return "what it needs was masked meanwhile: \(message)" }
        if case .success(.done) = end, !unit.conditionsHold { return "the conditions in its unit file do not hold any more" }
        guard unit.name.hasSuffix(".socket") else { return nil }
        let served = try await asking(to: "read the state of what \(unit.name) starts") { () throws(BusError) in try await read(unit.triggers) }
        guard let running = served.first(where: \.isUp) else { return nil }
        return "\(running.name) was started without it meanwhile, and a socket can't listen for a service that runs; "
            + "`systemctl stop \(running.name); systemctl start \(unit.name) \(running.name)` brings it back"
    }
}
