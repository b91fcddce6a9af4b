// Where each worker will be and what it will leave: everything that stopping it needs.
import FaultModel

extension Workers {
    func prepare(_ change: WorkerChange, for fault: FaultID) async throws(Problem) -> WorkerUndo {
        _ = try await systemd.asking(to: "look for a service manager") { () throws(BusError) in
            try await systemd.bus.call(BusCall(property: "Version"))
        }
        var placed: [WorkerUndo.Placed] = []
        for (index, worker) in change.workers.enumerated() {
            if worker.program == .stressNG { _ = try StressNG.require() }
            let unit = WorkerUndo.unit(fault.text, index)
            let stem = String(unit.dropLast(".service".count))
            let groups = try await parents(of: worker.place, fault).map { "\($0)/\(stem)" }
            let folder = try await folder(for: worker, unit)
            let network = try await namespaces.pin(worker.network)
            placed.append(.init(unit: unit, summary: worker.summary, groups: groups, folder: folder, network: network))
        }
        return WorkerUndo(fault: fault, workers: placed)
    }

    /// The folders of the control groups whose limits the worker shares; none where a unit of its own serves.
    private func parents(of place: WorkerPlace?, _ fault: FaultID) async throws(Problem) -> [String] {
        switch place {
        case nil: return []
        case .slice(let name):
            _ = try await running(name, "spec.slice")
            return []
        case .unit(let name):
            let path = try await running(name, "spec.unit")
            return try found(ControlGroups.folders(of: path), name)
        case .container(let pin):
            let keep = ContainerChange(action: .keepRunning, targets: [pin])
            guard let pinned = try await containers.prepare(keep, for: fault).targets.first, pinned.pid > 0 else {
                throw Problem(.noMatch, "the container \(pin.name) does not run")
            }
            return try found(ControlGroups.folders(ofProcess: pinned.pid), pin.name)
        }
    }

    private func found(_ folders: [String], _ name: String) throws(Problem) -> [String] {
        guard folders.isEmpty else { return folders }
        throw Problem(.impossible, "the control group of \(name) can't be seen from here", hint: "faultd must run in the node's own cgroup namespace")
    }

    /// The control group of a unit that is up.
    private func running(_ name: String, _ field: String) async throws(Problem) -> String {
        let path = try await systemd.asking(to: "look up \(name)") { () throws(BusError) in try await state(of: name) }.controlGroup
        guard let path else {
            throw Problem(.noMatch, "\(name) does not run: it has no control group", errors: [.init(field, "must be a unit that runs")])
        }
        return path
    }

    private func folder(for worker: Worker, _ unit: String) async throws(Problem) -> String? {
        guard let directory = worker.directory else { return nil }
        let bytes = worker.directoryBytes ?? 0
        try await thread.run { () throws(Problem) in try ScratchFolder.check(directory, for: bytes) }
        return "\(directory == "/" ? "" : directory)/\(WorkerUndo.folder(unit))"
    }
}
