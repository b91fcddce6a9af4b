// Starting workers, and proving that they run.
import FaultModel

extension Workers {
    func apply(_ change: WorkerChange, undo: WorkerUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        let runtime = deadline.since(systemd.now()) + Limit.renewals
        for (worker, placed) in zip(change.workers, undo.workers) {
            if let folder = placed.folder { try await thread.run { () throws(Problem) in try ScratchFolder.make(folder) } }
            try await start(WorkerUnit(worker: worker, placed: placed, fault: undo.fault, program: systemd.program, runtime: runtime))
        }
        try? await Task.sleep(for: Limit.settle)
        let evidence = try await observe(undo)
        guard let trouble = evidence.drift?.first else { return evidence }
        throw Problem(.noEffect, trouble, hint: hint(undo.workers.map(\.unit)))
    }

    /// `systemd-run --unit=faultd-worker-…`
    private func start(_ unit: WorkerUnit) async throws(Problem) {
        let name = unit.placed.unit
        let call = BusCall(
            "StartTransientUnit",
            [.string(name), .string("fail"), Systemd.properties(try unit.properties), .array(of: "(sa(sv))", [])])
        for end in await systemd.bus.run([call], limit: Limit.start, canBeCancelled: true) {
            switch end {
            case .success(.done), .success(.unknown): break
            case .success(.other): throw await failure(of: unit)
            case .failure(let error):
                // The connection broke after the manager had done it, and the call was made again.
                if error.name != BusError.Name.unitExists { throw error.problem("start \(name)") }
            }
        }
    }

    private func failure(of unit: WorkerUnit) async -> Problem {
        let name = unit.placed.unit
        let why = (try? await state(of: name))?.end ?? "did not start"
        return Problem(.noEffect, "the worker (\(unit.worker.summary)) \(why)", hint: hint([name]))
    }

    private func hint(_ names: [String]) -> String { "journalctl " + names.map { "-u \($0)" }.joined(separator: " ") }
}
