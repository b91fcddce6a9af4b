// The model node's interfaces, and what undoing their faults needs.
import FaultModel

extension ModelNode {
    static let interfaces = [
        NetworkInterface(name: "lo", isUp: true, isLoopback: true, addresses: []),
        NetworkInterface(name: "eth0", isUp: true, isLoopback: false, addresses: [], carries: ["the default route goes by it"]),
        NetworkInterface(name: "eth1", isUp: true, isLoopback: false, addresses: []),
    ]

    func prepared(_ change: TrafficChange, for fault: FaultID) throws(Problem) -> TrafficUndo {
        TrafficUndo(
            fault: fault, interface: change.interface, index: 2, direction: change.direction, shape: change.shape,
            filters: change.hit.count + change.spared.count, before: [], namespace: try namespace(of: change.inside))
    }

    func prepared(_ change: LinkChange, for fault: FaultID) throws(Problem) -> LinkUndo {
        LinkUndo(
            fault: fault, interface: change.interface, index: 2, entries: [], bootID: "model", namespace: try namespace(of: change.inside))
    }
}
