// Processes of the model node: what the examples of the catalogue need, and some that nothing may touch.
public import FaultModel

extension ModelNode {
    public static let usualProcesses: [NodeProcess] = {
        var thread = NodeProcess(pid: 2, parent: 0, startTicks: 1, name: "kthreadd", command: "")
        thread.isKernel = true
        var contained = process(900, "sleep", "sleep infinity", unit: nil, container: "aaaa1111")
        contained.isNamespaceInit = true
        return [
            NodeProcess(pid: 1, parent: 0, startTicks: 1, name: "systemd", command: "/sbin/init", cgroup: "/init.scope"), thread,
            process(700, "sshd", "sshd: /usr/sbin/sshd -D", unit: "ssh.service"),
            process(800, "nginx", "nginx: master process /usr/sbin/nginx", unit: "nginx.service"),
            process(801, "nginx", "nginx: worker process", parent: 800, user: "www-data", unit: "nginx.service"),
            process(802, "nginx", "nginx: worker process", parent: 800, user: "www-data", unit: "nginx.service"),
            process(850, "node-agent", "/usr/bin/node-agent /etc/node-agent/manifests", unit: "node-agent.service"), contained,
            process(950, "lonely", "/opt/lonely --by-hand", parent: 1, unit: nil),
        ]
    }()

    private static func process(
        _ pid: Int32, _ name: String, _ command: String, parent: Int32 = 1, user: String = "root", unit: String?, container: String? = nil
    ) -> NodeProcess {
        NodeProcess(
            pid: pid, parent: parent, startTicks: UInt64(pid) * 10, name: name, command: command, uid: user == "root" ? 0 : 33, user: user,
            cgroup: unit.map { "/system.slice/\($0)" } ?? container.map { "/docker/\($0)" } ?? "/user.slice", container: container)
    }

    /// As they are now, with what faults do to them.
    public func valued(_ processes: [NodeProcess]) -> [NodeProcess] {
        let values = valuesOfSettings
        return processes.map { process in
            var process = process
            if values[ProcessPin(process).modelName] == ProcessChange.Action.pause.modelValue { process.state = "T" }
            return process
        }
    }

    func undo(of change: ProcessChange, for fault: FaultID) throws(Problem) -> ProcessUndo {
        var undo = ProcessUndo(fault: fault, action: change.action, targets: change.targets)
        for index in undo.targets.indices {
            guard processes.contains(where: { $0.pid == undo.targets[index].pid }) else { throw Problem(.noMatch, "it has ended") }
            undo.targets[index].supervisor = undo.targets[index].supervisor ?? undo.targets[index].unit
        }
        guard change.action != .pause else { return undo }
        for name in undo.targets.compactMap(\.unit) where !undo.units.contains(where: { $0.name == name }) { undo.units.append(snapshot(name)) }
        return undo
    }
}

extension ProcessPin {
    var modelName: String { "process \(title)" }
}

extension ProcessChange.Action {
    /// A kill lasts until its undo has started the service again: what systemd does by itself is not modelled.
    var modelValue: String { self == .pause ? "stopped" : "ended" }
}

extension ProcessChange {
    var modelSettings: [String: String] { Dictionary(targets.map { ($0.modelName, action.modelValue) }) { first, _ in first } }
}
