// What could be hit on this node.
import FaultModel

enum TargetText {
    static func units(_ units: [Unit], _ look: Look) -> [Styled] {
        var table = Table(.init("UNIT", least: 20), .init("STATE"), .init("FILE"), .init("STARTED BY", least: 8), .init("DESCRIPTION", least: 10))
        for unit in units {
            let file = unit.loadState == "loaded" ? unit.unitFileState : unit.loadState
            table.add(
                Styled(unit.name, .bold), state(unit), Styled(file), Styled(unit.triggeredBy.joined(separator: ",")), Styled(unit.description))
        }
        return table.lines(width: look.width)
    }

    private static func state(_ unit: Unit) -> Styled {
        let text = unit.subState.isEmpty ? unit.activeState : "\(unit.activeState) (\(unit.subState))"
        return Styled(text, unit.isActive ? .good : unit.activeState == "failed" ? .bad : .dim)
    }

    static func containers(_ containers: [Container], _ look: Look) -> [Styled] {
        var table = Table(
            .init("ID"), .init("NAME", least: 16), .init("RUNTIME"), .init("STATE"), .init("RESTARTS"), .init("IMAGE", least: 10),
            .init("WORKLOAD", least: 10))
        for container in containers {
            table.add(
                Styled(EvidenceText.short(container.id)), Styled(container.name, .bold), Styled(container.runtime.rawValue), state(container),
                Styled(container.restartPolicy ?? ""), Styled(container.image), workload(container))
        }
        return table.lines(width: look.width)
    }

    private static func state(_ container: Container) -> Styled { Styled(container.state, container.isRunning ? .good : .dim) }

    /// A container by itself is its own workload: nothing to tell.
    private static func workload(_ container: Container) -> Styled {
        let text = container.workload
        return text == "container \(container.name)" ? "" : Styled(text, container.isSandbox ? .dim : nil)
    }

    static func processes(_ processes: [NodeProcess], _ look: Look) -> [Styled] {
        var table = Table(
            .init("PID"), .init("NAME", least: 10), .init("USER"), .init("STATE"), .init("UNIT", least: 10), .init("COMMAND", least: 20))
        for process in processes {
            table.add(
                Styled(String(process.pid)), Styled(process.name, .bold), Styled(process.user ?? String(process.uid)), state(process),
                Styled(process.container.map { "container \(EvidenceText.short($0))" } ?? process.unit ?? ""),
                process.isKernel ? Styled("[kernel]", .dim) : Styled(process.command))
        }
        return table.lines(width: look.width)
    }

    private static func state(_ process: NodeProcess) -> Styled {
        switch process.state {
        case "T", "t": Styled("stopped", .warn)
        case "Z": Styled("zombie", .dim)
        case "R": Styled("runs", .good)
        case "D": Styled("waits for a disk", .warn)
        default: Styled("sleeps")
        }
    }

    static func interfaces(_ interfaces: [NetworkInterface], _ look: Look) -> [Styled] {
        var table = Table(.init("INTERFACE"), .init("STATE"), .init("ADDRESSES", least: 15))
        for interface in interfaces {
            let state = interface.isUp ? Styled("up", .good) : Styled("down", .dim)
            table.add(Styled(interface.name, .bold), state, Styled(interface.addresses.joined(separator: " ")))
        }
        return table.lines(width: look.width)
    }
}
