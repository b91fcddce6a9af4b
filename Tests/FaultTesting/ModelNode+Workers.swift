// Workers on the model node: each is a setting, `worker: 1 CPU worker at 30 %` is `running`.
import FaultModel

extension WorkerChange {
    func modelUndo(_ fault: FaultID) -> WorkerUndo {
        WorkerUndo(
            fault: fault,
            workers: workers.enumerated().map { index, worker in
                let unit = WorkerUndo.unit(fault.text, index)
                return .init(unit: unit, summary: worker.summary, folder: worker.directory.map { "\($0)/\(WorkerUndo.folder(unit))" })
            })
    }
}

extension Change {
    /// Whether it can't even be prepared where there is no service manager.
    var needsModelSystemd: Bool {
        switch self {
        case .units, .workers: true
        default: false
        }
    }
}

extension NodeResources {
    /// Of a small server.
    static let model = NodeResources(
        cpus: 4, memoryTotal: 8 << 30, memoryAvailable: 4 << 30, tasksLeft: 30_000, filesLeft: 500_000, filesPerProcess: 1_048_576)
}
