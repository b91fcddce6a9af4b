// Removing exactly our files, and proving that the manager goes by them no more.
import FaultModel

extension UnitOverrides {
    /// Safe twice: also when an earlier revert died between removing a file and the reload.
    func revert(_ undo: UnitOverrideUndo) async throws(Problem) -> RevertOutcome {
        var outcome = RevertOutcome(.alreadyGone)
        for unit in undo.units {
            guard try remove(undo, unit.name, &outcome) else { continue }
            outcome.result = outcome.result == .superseded ? .superseded : .restored
        }
        if undo.override == .mask { try files.removeMark(of: undo.fault) }
        files.removeEmptyFolders()
        let isStale = try await isInForce(undo)
        if outcome.result == .restored || isStale { try await reload() }
        if try await isInForce(undo) { throw Problem(.hostFailure, "systemd still goes by a file of fault \(undo.fault) that is removed") }
        try await compare(undo, &outcome)
        try await startCrashed(undo, &outcome)
        return outcome
    }

    /// - Returns: whether something of ours was there.
    private func remove(_ undo: UnitOverrideUndo, _ unit: String, _ outcome: inout RevertOutcome) throws(Problem) -> Bool {
        switch undo.override {
        case .mask:
            let wasOurs = try files.unmask(unit, undo.fault)
            if !wasOurs, let other = files.rival(of: unit) {
                outcome.result = .superseded
                outcome.drift.append("\(other) was put there by somebody else, and stays")
            }
            return wasOurs
        case .limits: return try files.unlimit(unit, undo.fault, keepingFolder: undo.hadFolder.contains(unit))
        }
    }

    /// Whether the manager still knows one of our files.
    private func isInForce(_ undo: UnitOverrideUndo) async throws(Problem) -> Bool {
        let units = try await systemd.asking(to: "read the units' states") { () throws(BusError) in try await systemd.read(undo.units.map(\.name)) }
        return units.contains { unit in
            switch undo.override {
            case .mask: unit.loadState == "masked" && unit.fragmentPath == UnitOverrideFile.link(of: unit.name) && files.rival(of: unit.name) == nil
            case .limits: unit.dropInPaths.contains(UnitOverrideFile.dropIn(of: unit.name, undo.fault))
            }
        }
    }

    /// What differs now from before is somebody else's.
    private func compare(_ undo: UnitOverrideUndo, _ outcome: inout RevertOutcome) async throws(Problem) {
        let units = try await systemd.asking(to: "read the units' states") { () throws(BusError) in try await systemd.read(undo.units.map(\.name)) }
        for (snapshot, unit) in zip(undo.units, units) {
            if unit.loadState != snapshot.loadState {
                outcome.drift.append("\(snapshot.name) is \(unit.loadState) and was \(snapshot.loadState): somebody else changed that")
            }
            guard case .limits(let limits) = undo.override, unit.isLoaded else { continue }
            let now = try await values(of: limits, snapshot.name)
            for (property, value) in (undo.before[snapshot.name] ?? [:]).sorted(by: { $0.key < $1.key }) where now[property] != value {
                outcome.drift.append("\(property) of \(snapshot.name) is \(now[property] ?? "gone") and was \(value): somebody else changed that")
            }
        }
    }

    /// A unit that crashed while it was masked: Restart= could not act. One that was stopped stays so.
    private func startCrashed(_ undo: UnitOverrideUndo, _ outcome: inout RevertOutcome) async throws(Problem) {
        guard undo.override == .mask else { return }
        let units = try await systemd.asking(to: "read the units' states") { () throws(BusError) in try await systemd.read(undo.units.map(\.name)) }
        let crashed = zip(undo.units, units).filter { $0.wasActive && $1.activeState == "failed" && $1.isLoaded }.map(\.0)
        guard !crashed.isEmpty else { return }
        var report = RevertReport()
        try await systemd.start(crashed, for: undo.fault, &report)
        outcome.notes += report.outcome.notes
        outcome.drift += report.outcome.drift
    }

    // MARK: by the marks alone

    func inventory() async throws(Problem) -> [Artefact] {
        files.ours().map { Artefact(mechanism: .unitOverrides, fault: $0.fault, name: $0.path) }
    }

    func remove(_ artefact: Artefact) async throws(Problem) {
        guard try files.remove(artefact.name) else { return }
        try await reload()
    }
}
