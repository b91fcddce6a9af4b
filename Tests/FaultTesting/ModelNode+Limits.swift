// Limits on the model node's containers.
import FaultModel

extension ModelNode {
    func undo(of change: CgroupChange, for fault: FaultID) throws(Problem) -> CgroupUndo {
        let settings = try pinned(change.targets).flatMap { pin in
            change.limits.map {
                CgroupUndo.Setting(
                    container: pin, limit: $0, folder: "/\(pin.id)", inode: 1, file: $0.resource.rawValue, before: "max", ours: "\($0.value)")
            }
        }
        return CgroupUndo(fault: fault, settings: settings)
    }
}

extension CgroupChange {
    var modelSettings: [String: String] {
        let pairs = targets.flatMap { target in limits.map { ("limit of \(target.name) \($0.resource.rawValue)", $0.text) } }
        return Dictionary(pairs) { first, _ in first }
    }
}
