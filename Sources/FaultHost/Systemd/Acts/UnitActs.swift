// Signals to units and restarts of them: the mechanism behind `Change.unitActs`.
import FaultModel

/// Acts once; what is down when the fault ends is started again.
struct UnitActs: Mechanism {
    let systemd: Systemd
    let deeds = UnitDeeds()
    /// For a process that was killed to be gone.
    static let killTime = Duration.seconds(2)
    static let settlePause = Duration.milliseconds(20)

    func prepare(_ change: UnitActChange, for fault: FaultID) async throws(Problem) -> UnitActUndo {
        let units = try await systemd.present(change.units)
        let dependents = try await systemd.present(change.dependents)
        var undo = UnitActUndo(fault: fault, act: change.act, units: units.map(UnitSnapshot.init), dependents: dependents.map(UnitSnapshot.init))
        for unit in units {
            guard unit.isUp else { throw Problem(.noEffect, "\(unit.name) does not run any more: it is \(unit.state)") }
            try await refuse(unit, change.act)
            undo.mainPIDs[unit.name] = try await mainPID(unit.name)
        }
        undo.transient = (units + dependents).filter { $0.isUp && $0.isTransient }.map(\.name)
        return undo
    }

    private func refuse(_ unit: UnitProperties, _ act: UnitActChange.Act) async throws(Problem) {
        guard unit.canStart || unit.isTransient, unit.isLoaded else {
            throw Problem(.impossible, "\(unit.name) can't be started by hand (it is \(unit.loadState)), so this could not be undone")
        }
        switch act {
        case .restart:
            if !unit.canStop { throw Problem(.impossible, "\(unit.name) refuses to be stopped (RefuseManualStop=yes)") }
            if unit.isTransient { throw Problem(.impossible, "\(unit.name) was made at run time (systemd-run): it can't be restarted") }
        case .kill(_, let whom):
            let hasTarget = try await hasProcess(unit.name, whom)
            if !hasTarget { throw Problem(.noEffect, "\(unit.name) has no \(whom == .all ? "" : "\(whom.rawValue) ")process to send a signal to") }
        }
    }

    private func hasProcess(_ name: String, _ whom: UnitProcesses) async throws(Problem) -> Bool {
        try await systemd.asking(to: "look for the processes of \(name)") { () throws(BusError) in
            switch whom {
            case .main: try await systemd.details(name).mainPID > 0
            case .control: try await systemd.details(name).number("ControlPID") > 0
            case .all: try await systemd.bus.call(BusCall("GetUnitProcesses", [.string(name)])).first?.elements.isEmpty == false
            }
        }
    }

    func mainPID(_ name: String) async throws(Problem) -> Int? {
        guard name.hasSuffix(".service") else { return nil }
        return try await systemd.asking(to: "look for the main process of \(name)") { () throws(BusError) in
            let pid = try await systemd.details(name).mainPID
            return pid > 0 ? pid : nil
        }
    }

    // MARK: backstop

    func timer(_ undo: UnitActUndo) -> BackstopTimer { BackstopTimer(fault: undo.fault, part: "unit-acts", starts: undo.running.map(\.name)) }
    func foresee(_ undo: UnitActUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await systemd.foresee(timer(undo), until: deadline)
    }
    func arm(_ undo: UnitActUndo, until deadline: Moment) async throws(Problem) -> Backstop? { try await systemd.arm(timer(undo), until: deadline) }

    // MARK: acting

    func apply(_ change: UnitActChange, undo: UnitActUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        systemd.forget(undo.fault)
        deeds.note(undo.units.map(\.name), of: undo.fault, at: monotonicNow())
        switch change.act {
        case .kill(let signal, let whom): try await kill(undo, signal, whom)
        case .restart: try await restart(undo)
        }
        return try await observe(undo)
    }

    /// `systemctl kill`. Only of SIGKILL it is sure what it does, so only that is looked for.
    private func kill(_ undo: UnitActUndo, _ signal: Signal, _ whom: UnitProcesses) async throws(Problem) {
        for unit in undo.units {
            let call = BusCall("KillUnit", [.string(unit.name), .string(whom.rawValue), .int32(signal.number)])
            do throws(BusError) { _ = try await systemd.bus.call(call) } catch {
                if error.name == BusError.Name.noSuchProcess { throw Problem(.noEffect, "\(unit.name) had no \(whom.rawValue) process any more") }
                throw error.problem("send \(signal.rawValue) to \(unit.name)")
            }
        }
        guard signal.isFatal, whom != .control else { return }
        let limit = monotonicNow() + Self.killTime.nanoseconds
        for unit in undo.units {
            guard let pid = undo.mainPIDs[unit.name] else { continue }
            while try await mainPID(unit.name) == pid {
                if monotonicNow() > limit || Task.isCancelled {
                    throw Problem(.noEffect, "process \(pid) of \(unit.name) was killed and is still there")
                }
                try? await Task.sleep(for: Self.settlePause)
            }
        }
    }

    /// `systemctl restart UNITS` in one go.
    private func restart(_ undo: UnitActUndo) async throws(Problem) {
        let calls = undo.units.map { BusCall("RestartUnit", [.string($0.name), .string("replace")]) }
        let ends = await systemd.bus.run(calls, limit: systemd.settings.jobLimit, canBeCancelled: true)
        for (unit, end) in zip(undo.units, ends) {
            switch end {
            case .success(.done), .success(.unknown): continue
            case .success(.other(let result)):
                throw Problem(.hostFailure, "the restart of \(unit.name) ended with \"\(result)\"", hint: "systemctl status \(unit.name)")
            case .failure(let error): throw error.problem("restart \(unit.name)")
            }
        }
        for (before, now) in zip(undo.units, try await systemd.present(undo.units.map(\.name))) where before.invocationID == now.invocationID {
            throw Problem(.noEffect, "\(now.name) was restarted and still runs in the invocation of before")
        }
    }

    /// Starts what ran and is down. Whatever runs, in whatever invocation, is as it should be.
    func revert(_ undo: UnitActUndo) async throws(Problem) -> RevertOutcome {
        systemd.remember(reverting: undo.fault)
        var report = RevertReport()
        let running = undo.running
        let units = try await systemd.asking(to: "read the units' states") { () throws(BusError) in try await systemd.read(running.map(\.name)) }
        var down: [UnitSnapshot] = []
        for (snapshot, unit) in zip(running, units) where !unit.isRunning || unit.hasJob {
            if unit.isLoaded { down.append(snapshot) } else { report.lost(snapshot.name, Systemd.whyLost(unit)) }
        }
        if !down.isEmpty { try await systemd.start(down, for: undo.fault, &report) }
        try await systemd.disarm(timer(undo))
        await systemd.bus.nudge()
        deeds.forget(undo.fault)
        return report.outcome
    }
}
