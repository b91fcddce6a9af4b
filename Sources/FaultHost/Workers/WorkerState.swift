// A worker's unit as the manager has it (org.freedesktop.systemd1(5), interfaces Unit and Service).
import FaultModel
import Glibc

struct WorkerState: Sendable {
    private let unit: UnitProperties
    private let service: [String: BusValue]

    init(unit: UnitProperties, service: [String: BusValue]) {
        self.unit = unit
        self.service = service
    }

    /// Loaded at all: what has stopped is forgotten at once, what failed stays until it is reverted.
    var isThere: Bool { unit.isUp || unit.isStopping || unit.activeState == "failed" }
    var isRunning: Bool { unit.isUp && unit.subState != "exited" }
    /// Below the root of the manager's hierarchy; nil for a unit that has none now.
    var controlGroup: String? {
        guard unit.isUp, let path = service["ControlGroup"]?.text, path.hasPrefix("/"), path != "/" else { return nil }
        return path
    }

    /// With what it says of itself (sd_notify(3)), such as how much of what it was asked for a limit let it have.
    var activity: String {
        let text = service["StatusText"]?.text ?? ""
        return text.isEmpty ? "running" : "running: \(text)"
    }

    /// Why it does not run, for people.
    var end: String {
        if !isThere { return "was stopped by somebody else" }
        switch service["Result"]?.text {
        case "oom-kill": return "was killed because memory ran out"
        case "timeout": return "ran into its RuntimeMaxSec="
        default: break
        }
        // CLD_EXITED and CLD_KILLED of waitid(2).
        let status = signed("ExecMainStatus")
        return signed("ExecMainCode") == 1 ? "ended with exit status \(status)" : "was killed by signal \(status)"
    }

    private func signed(_ key: String) -> Int32 {
        if case .int32(let value)? = service[key] { return value }
        return 0
    }
}

extension Workers {
    func state(of name: String) async throws(BusError) -> WorkerState {
        let path = unitPath(name)
        let unit = UnitProperties(try await systemd.bus.call(BusCall(propertiesOf: path, interface: "org.freedesktop.systemd1.Unit")))
        let kind = name.split(separator: ".").last.map { $0.prefix(1).uppercased() + $0.dropFirst() } ?? "Service"
        let more = try await systemd.bus.call(BusCall(propertiesOf: path, interface: "org.freedesktop.systemd1.\(kind)"))
        return WorkerState(unit: unit, service: more.first?.dictionary ?? [:])
    }
}
