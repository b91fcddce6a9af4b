// What the units do while the fault holds them down.
import FaultModel

extension Systemd {
    /// The state now of every unit that was active.
    func observe(_ undo: UnitUndo) async throws(Problem) -> Evidence {
        let held = undo.units.filter(\.wasActive)
        let states = try await asking(to: "read the units' states") { () throws(BusError) in try await read(held.map(\.name)) }
        var evidence = Evidence(units: [], drift: [])
        for (snapshot, unit) in zip(held, states) { note(unit, snapshot, undo.fault, in: &evidence) }
        return evidence
    }

    /// A unit that runs in another invocation than before, and not through us, came back by itself.
    private func note(_ unit: UnitProperties, _ snapshot: UnitSnapshot, _ fault: FaultID, in evidence: inout Evidence) {
        var state = Evidence.UnitState(unit: snapshot.name, state: unit.state)
        if unit.isUp, !isReverting(fault) {
            evidence.drift?.append("\(snapshot.name) is \(unit.state) though the fault holds it down: something started it")
        }
        if unit.isRunning, unit.invocationID != snapshot.invocationID, !isReverting(fault) {
            let after = unit.downTime ?? .zero
            state.selfHealedAfter = TextDuration(after)
            evidence.notes = (evidence.notes ?? []) + ["\(unit.name) became active again after \(after.text) while the fault held it down"]
        }
        evidence.units?.append(state)
    }

    /// Evidence at once and after every change of one of the units, until the fault is reverted.
    func follow(_ undo: UnitUndo) -> AsyncStream<Evidence>? {
        let (stream, news) = AsyncStream.makeStream(of: Evidence.self, bufferingPolicy: .bufferingNewest(64))
        let task = Task { await watch(undo, news) }
        news.onTermination = { _ in task.cancel() }
        return stream
    }

    private func watch(_ undo: UnitUndo, _ news: AsyncStream<Evidence>.Continuation) async {
        var last: Evidence?
        for await _ in await bus.changes(of: Set(undo.units.map { unitPath($0.name) })) {
            guard !isReverting(undo.fault) else { break }
            guard let evidence = await patiently(observing: undo), !isReverting(undo.fault) else { break }
            if evidence != last { news.yield(evidence) }
            last = evidence
        }
        news.finish()
    }

    /// While the manager can't be reached, no signal comes either: ask until it answers, or the task ends.
    private func patiently(observing undo: UnitUndo) async -> Evidence? {
        while !Task.isCancelled {
            if let evidence = try? await observe(undo) { return evidence }
            try? await Task.sleep(for: .seconds(1))
        }
        return nil
    }
}
