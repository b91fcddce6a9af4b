// Freezing and thawing units: the mechanism behind `Change.unitFreezes`.
import FaultModel

/// Asks the manager, and believes the kernel: systemd 252 goes on calling a unit frozen whose processes were killed and started anew.
struct UnitFreezes: Mechanism {
    let systemd: Systemd

    func prepare(_ change: UnitFreezeChange, for fault: FaultID) async throws(Problem) -> UnitFreezeUndo {
        let units = try await systemd.present(change.units)
        guard Cgroups.current == .unified else {
            throw Problem(
                .missingDependency, "units can't be frozen on this node: systemd freezes by cgroup v2, and this node runs on v1",
                hint: "boot the node with systemd.unified_cgroup_hierarchy=1")
        }
        for unit in units {
            if !unit.isUp { throw Problem(.noEffect, "\(unit.name) does not run any more: it is \(unit.state)") }
            if !unit.canFreeze { throw Problem(.impossible, "\(unit.name) can't be frozen: systemd freezes services and scopes") }
            if unit.freezerState != "running" { throw Problem(.noEffect, "\(unit.name) is \(unit.freezerState) already") }
        }
        return UnitFreezeUndo(fault: fault, units: units.map(UnitSnapshot.init))
    }

    /// `systemctl freeze UNITS`.
    func apply(_ change: UnitFreezeChange, undo: UnitFreezeUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        for unit in undo.units {
            _ = try await systemd.asking(to: "freeze \(unit.name)") { () throws(BusError) in
                try await systemd.bus.call(BusCall("FreezeUnit", [.string(unit.name)]))
            }
        }
        var evidence = try await observe(undo)
        if let first = evidence.drift?.first { throw Problem(.noEffect, "after freezing: \(first)") }
        for unit in undo.units { if let note = try await watchdogNote(unit.name) { evidence.notes = (evidence.notes ?? []) + [note] } }
        return evidence
    }

    /// A frozen service can't keep its watchdog quiet.
    private func watchdogNote(_ name: String) async throws(Problem) -> String? {
        let details = try await systemd.asking(to: "read the watchdog of \(name)") { () throws(BusError) in try await systemd.details(name) }
        let time = details.number("WatchdogUSec")
        guard time > 0, time < .max else { return nil }
        return "\(name) has WatchdogSec=\(Duration.microseconds(Int64(clamping: time)).text): systemd kills it when it has been silent for so long"
    }

    func observe(_ undo: UnitFreezeUndo) async throws(Problem) -> Evidence {
        var evidence = Evidence(observations: [], drift: [])
        for snapshot in undo.units {
            let isFrozen = try await isFrozen(snapshot.name)
            let unit = try await systemd.asking(to: "read the state of \(snapshot.name)") { () throws(BusError) in
                try await systemd.read([snapshot.name])[0]
            }
            evidence.observations?.append(.init(snapshot.name, isFrozen ? "frozen" : "\(unit.state), not frozen"))
            if !isFrozen { evidence.drift?.append("\(snapshot.name) is not frozen: \(why(unit, snapshot))") }
        }
        return evidence
    }

    private func why(_ unit: UnitProperties, _ snapshot: UnitSnapshot) -> String {
        if !unit.isUp { return "it is \(unit.state)" }
        return unit.invocationID == snapshot.invocationID ? "something thawed it" : "it was started anew"
    }

    /// By the kernel's own word.
    private func isFrozen(_ name: String) async throws(Problem) -> Bool {
        let group = try await systemd.asking(to: "read the cgroup of \(name)") { () throws(BusError) in try await systemd.details(name).controlGroup }
        return Cgroups.unified.text("cgroup.events", of: group)?.contains("frozen 1") == true
    }

    /// `systemctl thaw UNITS`, of those that the manager has for frozen.
    func revert(_ undo: UnitFreezeUndo) async throws(Problem) -> RevertOutcome {
        var outcome = RevertOutcome(.alreadyGone)
        for snapshot in undo.units {
            let unit = try await systemd.asking(to: "read the state of \(snapshot.name)") { () throws(BusError) in
                try await systemd.read([snapshot.name])[0]
            }
            guard unit.isLoaded, unit.freezerState != "running", !unit.freezerState.isEmpty else { continue }
            if unit.invocationID != snapshot.invocationID, try await isFrozen(snapshot.name) {
                outcome.drift.append("\(snapshot.name) was started anew and is frozen: somebody else did that")
                outcome.result = .superseded
                continue
            }
            _ = try await systemd.asking(to: "thaw \(snapshot.name)") { () throws(BusError) in
                try await systemd.bus.call(BusCall("ThawUnit", [.string(snapshot.name)]))
            }
            if try await isFrozen(snapshot.name) { throw Problem(.hostFailure, "\(snapshot.name) was thawed and is still frozen") }
            outcome.notes.append("\(snapshot.name) was thawed")
            if outcome.result == .alreadyGone { outcome.result = .restored }
        }
        try await systemd.disarm(timer(undo))
        return outcome
    }

    // MARK: backstop

    /// A freeze carries no mark that could be found without the journal, so its timer thaws by itself.
    func timer(_ undo: UnitFreezeUndo) -> BackstopTimer {
        BackstopTimer(fault: undo.fault, part: "unit-freezes", commands: undo.units.map { ["/usr/bin/systemctl", "thaw", $0.name] })
    }

    func foresee(_ undo: UnitFreezeUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await systemd.foresee(timer(undo), until: deadline)
    }
    func arm(_ undo: UnitFreezeUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await systemd.arm(timer(undo), until: deadline)
    }
}
