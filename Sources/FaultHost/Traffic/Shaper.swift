// One fault's shaping of one interface, in the network namespace of the calling thread.
import FaultModel
import Glibc

struct Shaper {
    let undo: TrafficUndo

    private var mark: String { undo.fault.mark }

    // MARK: apply

    /// The effect begins with the last filters; the mark is put as soon as there is something to put it on.
    func apply(_ change: TrafficChange) throws(Problem) {
        guard try TrafficSight.link(undo.index)?.name == undo.interface else {
            throw Problem(.noMatch, "the interface \(undo.interface) is gone", hint: "list the interfaces and try again")
        }
        switch change.direction {
        case .out:
            try makeRoot(on: undo.index, defaultClass: 0, change.shape)
            try filter(change, parent: TrafficMessages.Handle.ours, to: .classid(TrafficMessages.Handle.faulted))
        case .in:
            let device = try makeDevice()
            try makeRoot(on: device, defaultClass: 1, change.shape)
            try TrafficMessages.ingress(on: undo.index).perform("add an ingress qdisc to \(undo.interface)")
            try mark(undo.index, parent: TrafficMessages.Handle.ingress)
            try filter(change, parent: TrafficMessages.Handle.ingress, to: .device(device))
        }
        let seen = try observe()
        if let drift = seen.drift?.first { throw Problem(.noEffect, "the traffic of \(undo.interface) is not shaped: \(drift)") }
    }

    private func makeRoot(on index: Int32, defaultClass: UInt32, _ shape: TrafficShape) throws(Problem) {
        try TrafficMessages.root(on: index, defaultClass: defaultClass).perform("add the qdisc \(TrafficChange.handle) to \(undo.interface)")
        try mark(index, parent: TrafficMessages.Handle.ours)
        try TrafficMessages.faultedClass(on: index).perform("add a class to \(undo.interface)")
        try TrafficMessages.leaf(on: index, shape).perform("add \(shape.text) to \(undo.interface)")
    }

    private func mark(_ index: Int32, parent: UInt32) throws(Problem) {
        try TrafficMessages.mark(undo.fault, on: index, parent: parent).perform("mark the qdisc of \(undo.interface)")
    }

    private func makeDevice() throws(Problem) -> Int32 {
        try LinkMessages.makeDevice(TrafficChange.device(mark: mark)).perform("make a device for incoming packets")
        guard let device = try TrafficSight.device(mark) else { throw Problem(.hostFailure, "the device for incoming packets is not there") }
        try LinkMessages.name(device.index, alias: mark).perform("mark \(device.name)")
        try LinkMessages.set(device.index, up: true).perform("set \(device.name) up")
        return device.index
    }

    private func filter(_ change: TrafficChange, parent: UInt32, to target: TrafficMessages.Target) throws(Problem) {
        let socket = try NetlinkSocket(.route, "add filters to \(undo.interface)")
        func add(_ match: TrafficMatch, _ priority: UInt16, _ target: TrafficMessages.Target) throws(Problem) {
            try socket.send(TrafficMessages.filter(on: undo.index, parent: parent, priority: priority, match, to: target))
            try socket.receive()
        }
        for match in change.spared { try add(match, TrafficMessages.Priority.spared(match.family), .classid(parent)) }
        for match in change.hit { try add(match, TrafficMessages.Priority.hit(match.family), target) }
    }

    // MARK: observe

    func observe() throws(Problem) -> Evidence {
        guard try TrafficSight.link(undo.index) != nil else { return Evidence(drift: ["the interface \(undo.interface) is gone"]) }
        let isOut = undo.direction == .out
        let device = isOut ? undo.index : try TrafficSight.device(mark)?.index
        let parent = isOut ? TrafficMessages.Handle.ours : TrafficMessages.Handle.ingress
        let qdiscs = try TrafficSight.qdiscs()
        guard let device, qdiscs.contains(where: { $0.index == device && $0.isOurs }),
            isOut || qdiscs.contains(where: { $0.index == undo.index && $0.isIngress })
        else { return Evidence(drift: ["somebody removed the qdisc of \(undo.interface)"]) }
        let filters = try TrafficSight.filters(of: undo.index, parent: parent)
        guard filters.contains(where: { $0.mark == undo.fault }) else {
            return Evidence(drift: ["the qdisc of \(undo.interface) is not this fault's"])
        }
        let count = filters.filter { $0.isOurs && $0.mark == nil }.count
        var drift = count < undo.filters ? ["\(count) of \(undo.filters) filters are there; somebody removed the rest"] : []
        let leaf = qdiscs.first { $0.index == device && $0.qdisc.handle == TrafficMessages.Handle.leaf }
        if leaf?.qdisc.kind != undo.shape.leaf { drift.append("\(undo.shape.leaf) is not there any more") }
        return Evidence(observations: [observation(leaf)], drift: drift)
    }

    private func observation(_ leaf: QdiscSight?) -> Evidence.Observation {
        let place = undo.namespace.map { " of \($0.container.name)" } ?? ""
        return .init(
            "qdisc \(undo.interface)\(place), \(undo.direction.rawValue)", undo.shape.text,
            figures: leaf.map { ["packets": $0.packets, "bytes": $0.bytes, "dropped_packets": $0.drops] })
    }
}

extension TrafficShape {
    /// The qdisc that packets wait in.
    var leaf: String {
        switch self {
        case .netem: "netem"
        case .rate: "tbf"
        }
    }
}
