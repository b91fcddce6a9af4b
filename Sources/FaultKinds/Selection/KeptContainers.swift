// Containers that go down with the units of their runtime, and run again afterwards.
import FaultModel

struct KeptContainers {
    private let pins: [ContainerPin]

    init(_ victims: [Unit], on node: NodeView) throws(Problem) {
        let runtimes = victims.compactMap(\.runtime)
        pins = node.containers.filter { $0.isRunning && runtimes.contains($0.runtime) }.map(ContainerPin.init)
        guard let own = pins.first(where: { $0.id == node.daemonContainer }), !own.runtime.speaksCRI else { return }
        // A runtime that speaks CRI leaves its containers running.
        throw Problem(
            .protectedTarget, "faultd runs in the container \(own.name), which goes down with \(own.runtime.rawValue)",
            hint: "install faultd on the node itself, from its package")
    }

    /// To come before the change of the units: reverted last, when the runtime is back.
    var changes: [Change] { pins.isEmpty ? [] : [.containers(ContainerChange(action: .keepRunning, targets: pins))] }

    var notes: [String] {
        pins.isEmpty ? [] : ["containers that go down with it and will run again: \(pins.map(\.name).joined(separator: ", "))"]
    }
}
