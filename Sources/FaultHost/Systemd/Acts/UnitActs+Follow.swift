// Watching units come back after they were hit.
import FaultModel

extension UnitActs {
    func observe(_ undo: UnitActUndo) async throws(Problem) -> Evidence {
        let units = try await systemd.asking(to: "read the units' states") { () throws(BusError) in try await systemd.read(undo.units.map(\.name)) }
        var seen: [Evidence.Observation] = []
        for (snapshot, unit) in zip(undo.units, units) { seen.append(try await observation(of: unit, snapshot, undo)) }
        return Evidence(observations: seen)
    }

    private func observation(of unit: UnitProperties, _ snapshot: UnitSnapshot, _ undo: UnitActUndo) async throws(Problem) -> Evidence.Observation {
        let deed = deeds.deed(snapshot.name, of: undo.fault)
        var figures: [String: Int64] = ["times": Int64(deed.times)]
        figures["main_pid_before"] = undo.mainPIDs[snapshot.name].map(Int64.init)
        let pid = unit.isUp ? try await mainPID(snapshot.name) : nil
        figures["main_pid"] = pid.map(Int64.init)
        var state = unit.state
        if isBack(unit, snapshot), deed.at > 0 {
            let after = max(0, unit.activeSince - deed.at)
            figures["back_after_ms"] = after / 1_000_000
            state += ", again after \(Duration.nanoseconds(after).text)"
        } else if !unit.isRunning {
            state += ", not back yet"
        }
        return Evidence.Observation(snapshot.name, state, figures: figures)
    }

    private func isBack(_ unit: UnitProperties, _ snapshot: UnitSnapshot) -> Bool {
        unit.isRunning && !unit.hasJob && unit.invocationID != snapshot.invocationID
    }

    /// News of the units until all are back, they are hit again, or the fault is reverted.
    func follow(_ undo: UnitActUndo) -> AsyncStream<Evidence>? {
        let (stream, news) = AsyncStream.makeStream(of: Evidence.self, bufferingPolicy: .bufferingNewest(64))
        let task = Task {
            await watch(undo) { news.yield($0) }
            news.finish()
        }
        news.onTermination = { _ in task.cancel() }
        return stream
    }

    private func watch(_ undo: UnitActUndo, _ tell: (Evidence) -> Void) async {
        let names = undo.units.map(\.name)
        let first = names.map { deeds.deed($0, of: undo.fault) }
        var last: Evidence?
        for await _ in await systemd.bus.changes(of: Set(names.map(unitPath))) {
            guard !systemd.isReverting(undo.fault), names.map({ deeds.deed($0, of: undo.fault) }) == first else { return }
            // While the manager can't be reached there is nothing to tell; it ticks when it can be again.
            guard let evidence = try? await observe(undo), !systemd.isReverting(undo.fault) else { continue }
            if evidence != last { tell(evidence) }
            last = evidence
            let units = try? await systemd.read(names)
            if let units, zip(units, undo.units).allSatisfy({ isBack($0, $1) }) { return }
        }
    }
}
