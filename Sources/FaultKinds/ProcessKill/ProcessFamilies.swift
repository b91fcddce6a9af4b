// What ends along with processes, and so what could start them again.
import FaultModel

struct ProcessFamilies {
    /// Each with what its start would need.
    var pins: [ProcessPin] = []
    /// Services that a chosen process is the top of.
    var units: [String] = []
    /// Containers that a chosen process is the first of.
    var containers: [ContainerPin] = []

    init(_ chosen: [NodeProcess], _ node: NodeView) {
        let parents = Dictionary(node.processes.map { ($0.pid, $0) }) { first, _ in first }
        units = Self.unique(chosen.filter { Self.isTop($0, parents) }.compactMap(\.unit))
        let ended = Set(chosen.filter(\.isNamespaceInit).compactMap(\.container))
        containers = node.containers.filter { $0.isRunning && ended.contains($0.id) }.map(ContainerPin.init)
        pins = chosen.map(pin)
    }

    private func pin(_ process: NodeProcess) -> ProcessPin {
        var pin = ProcessPin(process)
        if let container = containers.first(where: { $0.id == process.container }) {
            pin.supervisor = "container \(container.name)"
        } else if process.container == nil, let unit = process.unit, units.contains(unit) {
            pin.unit = unit
        }
        return pin
    }

    /// systemd started it itself: its parent is of another unit. Whether it can be started again the host finds out.
    private static func isTop(_ process: NodeProcess, _ parents: [Int32: NodeProcess]) -> Bool {
        guard let unit = process.unit, unit.hasSuffix(".service"), process.container == nil else { return false }
        return parents[process.parent]?.unit != unit
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
