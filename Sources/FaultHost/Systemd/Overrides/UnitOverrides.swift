// Masks and limits: the mechanism behind `Change.unitOverrides`.
import FaultModel

/// Puts a file of ours where it outranks the unit's own, has the manager reload, and checks what came of it.
struct UnitOverrides: Mechanism {
    let systemd: Systemd
    let files = OverrideFiles()
    /// For a daemon-reload: it reads every unit file of the node.
    static let reloadLimit = Duration.seconds(60)

    func prepare(_ change: UnitOverrideChange, for fault: FaultID) async throws(Problem) -> UnitOverrideUndo {
        let units = try await systemd.present(change.units)
        var undo = UnitOverrideUndo(fault: fault, override: change.override, units: units.map(UnitSnapshot.init))
        switch change.override {
        case .mask: for unit in units { try refuseMask(unit) }
        case .limits(let limits):
            try LimitCheck.refuseMissing(limits)
            for unit in units {
                if !unit.isUp { throw Problem(.noEffect, "\(unit.name) does not run any more: it is \(unit.state)") }
                undo.before[unit.name] = try await values(of: limits, unit.name)
                if files.hasFolder(of: unit.name) { undo.hadFolder.append(unit.name) }
            }
        }
        return undo
    }

    private func refuseMask(_ unit: UnitProperties) throws(Problem) {
        if unit.loadState == "masked" { throw Problem(.noEffect, "\(unit.name) is masked already: masking it would change nothing") }
        if let other = files.rival(of: unit.name) {
            throw Problem(.impossible, "\(unit.name) can't be masked: \(other) is in the place of the link, and it is not faultd's")
        }
    }

    func values(of limits: [UnitLimit], _ unit: String) async throws(Problem) -> [String: String] {
        let details = try await systemd.asking(to: "read the limits of \(unit)") { () throws(BusError) in try await systemd.details(unit) }
        var values: [String: String] = [:]
        for name in limits.map(\.property.busName) { values[name] = details.plain(name) }
        return values
    }

    // MARK: applying

    func apply(_ change: UnitOverrideChange, undo: UnitOverrideUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        for unit in undo.units {
            switch undo.override {
            case .mask: try files.mask(unit.name, for: undo.fault)
            case .limits(let limits): try files.limit(unit.name, limits, for: undo.fault)
            }
        }
        try await reload()
        switch undo.override {
        case .mask: try await checkMasked(undo)
        case .limits(let limits): try await checkLimits(limits, undo)
        }
        return try await observe(undo)
    }

    private func checkMasked(_ undo: UnitOverrideUndo) async throws(Problem) {
        for unit in try await systemd.present(undo.units.map(\.name)) where unit.loadState != "masked" {
            throw Problem(
                .noEffect, "\(unit.name) is \(unit.loadState) and not masked: \(unit.fragmentPath) outranks \(UnitOverrideFile.link(of: unit.name))")
        }
    }

    /// The manager sets up cgroups after it has answered.
    private func checkLimits(_ limits: [UnitLimit], _ undo: UnitOverrideUndo) async throws(Problem) {
        let limit = monotonicNow() + LimitCheck.time.nanoseconds
        for unit in undo.units {
            let group = try await group(of: unit.name)
            for wanted in limits {
                while !LimitCheck.isEnforced(wanted, in: group) {
                    if monotonicNow() > limit || Task.isCancelled { throw LimitCheck.noEffect(wanted, unit.name, in: group) }
                    try? await Task.sleep(for: LimitCheck.pause)
                }
            }
        }
    }

    private func group(of unit: String) async throws(Problem) -> String {
        try await systemd.asking(to: "read the cgroup of \(unit)") { () throws(BusError) in try await systemd.details(unit).controlGroup }
    }

    /// `systemctl daemon-reload`
    func reload() async throws(Problem) {
        _ = try await systemd.asking(to: "reload the unit files (daemon-reload)") { () throws(BusError) in
            try await systemd.bus.call(BusCall("Reload"), limit: Self.reloadLimit)
        }
    }

    // MARK: observing

    func observe(_ undo: UnitOverrideUndo) async throws(Problem) -> Evidence {
        var evidence = Evidence(observations: [], drift: [])
        let units = try await systemd.asking(to: "read the units' states") { () throws(BusError) in try await systemd.read(undo.units.map(\.name)) }
        for (snapshot, unit) in zip(undo.units, units) {
            switch undo.override {
            case .mask: observeMask(unit, snapshot, &evidence)
            case .limits(let limits): try await observeLimits(limits, unit, snapshot, &evidence)
            }
        }
        return evidence
    }

    private func observeMask(_ unit: UnitProperties, _ snapshot: UnitSnapshot, _ evidence: inout Evidence) {
        evidence.observations?.append(.init(snapshot.name, "\(unit.loadState), \(unit.state)"))
        if unit.loadState != "masked" { evidence.drift?.append("\(snapshot.name) is \(unit.loadState) and not masked: somebody removed the link") }
    }

    /// One that does not run has no cgroup; it will have the limit when it is started.
    private func observeLimits(
        _ limits: [UnitLimit], _ unit: UnitProperties, _ snapshot: UnitSnapshot, _ evidence: inout Evidence
    ) async throws(Problem) {
        let group = unit.isUp ? try await group(of: snapshot.name) : ""
        for limit in limits {
            let found = group.isEmpty ? unit.state : LimitCheck.text(limit, in: group)
            evidence.observations?.append(.init("\(snapshot.name) \(limit.text)", found, figures: LimitCheck.figures(limit, in: group)))
            guard !group.isEmpty, !LimitCheck.isEnforced(limit, in: group) else { continue }
            evidence.drift?.append("\(snapshot.name): \(limit.text) is not enforced: \(found)")
        }
        if let note = LimitCheck.memoryNote(limits, snapshot.name, in: group) { evidence.notes = (evidence.notes ?? []) + [note] }
    }

    /// `TimerBacked` has them.
    func foresee(_ undo: UnitOverrideUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: UnitOverrideUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
}
