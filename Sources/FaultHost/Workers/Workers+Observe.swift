// What workers do now, and what became of those that do not run any more.
import FaultModel

extension Workers {
    func observe(_ undo: WorkerUndo) async throws(Problem) -> Evidence {
        var seen: [Evidence.Observation] = []
        var drift: [String] = []
        for placed in undo.workers {
            let state = try await systemd.asking(to: "look at \(placed.unit)") { () throws(BusError) in try await self.state(of: placed.unit) }
            let text = state.isRunning ? state.activity : state.end
            seen.append(.init("worker: \(placed.summary)", text, figures: figures(of: placed, state)))
            if !state.isRunning { drift.append("the worker (\(placed.summary)) \(text)") }
        }
        return Evidence(observations: seen, drift: drift)
    }

    private func figures(of placed: WorkerUndo.Placed, _ state: WorkerState) -> [String: Int64]? {
        let own = state.controlGroup.map(ControlGroups.folders(of:)) ?? []
        let folders = placed.groups.isEmpty ? own : placed.groups
        var figures: [String: Int64] = [:]
        figures["cpu_us"] = ControlGroups.processorTime(in: folders)
        figures["memory_bytes"] = ControlGroups.number("memory.current", "memory.usage_in_bytes", in: folders)
        figures["tasks"] = ControlGroups.tasks(in: folders)
        return figures.isEmpty ? nil : figures
    }
}
