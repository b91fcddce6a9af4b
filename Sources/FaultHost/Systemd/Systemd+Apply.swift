// Stopping units, and proving that they are down.
import FaultModel

extension Systemd {
    private static let settlePause = Duration.milliseconds(20)

    /// `systemctl stop TRIGGERS UNITS` in one go, triggers first so that nothing starts a unit in between.
    func apply(_ change: UnitChange, undo: UnitUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        forget(undo.fault)
        let limit = monotonicNow() + settings.jobLimit.nanoseconds
        let names = change.triggers + change.units
        let stops = names.map { BusCall("StopUnit", [.string($0), .string("replace")]) }
        let ends = await bus.run(stops, limit: settings.jobLimit, canBeCancelled: true)
        for (name, end) in zip(names, ends) { try checkStopped(name, end) }
        let units = try await settled(undo.units.map(\.name), until: limit)
        for unit in units where names.contains(unit.name) { try await checkDown(unit) }
        let wereUp = Set(undo.units.filter(\.wasActive).map(\.name))
        return Evidence(units: units.filter { wereUp.contains($0.name) }.map { .init(unit: $0.name, state: $0.state) })
    }

    private func checkStopped(_ name: String, _ end: Result<Bus.JobEnd, BusError>) throws(Problem) {
        switch end {
        case .success(.done), .success(.unknown): return
        case .success(.other("canceled")):
            throw Problem(.noEffect, "the stop of \(name) was cancelled: something else started it at the same time")
        case .success(.other(let result)):
            throw Problem(.hostFailure, "\(name) could not be stopped: its job ended with \"\(result)\"", hint: "systemctl status \(name)")
        case .failure(.timedOut):
            throw Problem(.timedOut, "\(name) did not stop within \(settings.jobLimit.text)", hint: "systemctl status \(name)")
        case .failure(let error):
            // A unit that is not even loaded is as down as can be.
            if error.name != BusError.Name.noSuchUnit { throw error.problem("stop \(name)") }
        }
    }

    private func checkDown(_ unit: UnitProperties) async throws(Problem) {
        guard unit.isUp else { return }
        var culprits: [String] = []
        for name in unit.upheldBy + unit.triggeredBy {
            let other = try await asking(to: "read the state of \(name)") { () throws(BusError) in try await read([name]) }
            culprits += other.filter(\.isUp).map(\.name)
        }
        let by = culprits.isEmpty ? "something started it" : "probably started by \(culprits.joined(separator: ", "))"
        throw Problem(
            .noEffect, "\(unit.name) was stopped and is \(unit.state) again right away: \(by)",
            hint: "stop what starts it in the same fault; `systemctl status \(unit.name)` and the journal tell more")
    }

    /// Dependents go down by jobs of their own, which may end later than those we wait for. Without this, a revert right after would
    /// find them still active and let them be.
    private func settled(_ names: [String], until limit: Int64) async throws(Problem) -> [UnitProperties] {
        while true {
            let units = try await asking(to: "read the units' states") { () throws(BusError) in try await read(names) }
            if !units.contains(where: \.hasJob) || monotonicNow() > limit || Task.isCancelled { return units }
            try? await Task.sleep(for: Self.settlePause)
        }
    }

    /// Fresh properties of each unit.
    func read(_ names: [String]) async throws(BusError) -> [UnitProperties] {
        var survey = UnitSurvey(bus)
        var units: [UnitProperties] = []
        for name in names { units.append(try await survey.properties(of: name)) }
        return units
    }
}
