// Processes without which the node could not be reached, mended, or freed of its faults.
import FaultModel

enum ProcessGuard {
    /// By name, where nothing contains them: their units have other names on some distributions, or none at all. The kernel cuts names to 15 bytes.
    private static let names: Set<String> = [
        "systemd", "init", "sshd", "sshd-session", "dropbear", "dbus-daemon", "dbus-broker", "dbus-broker-lau", "systemd-journal", "systemd-logind",
        "systemd-udevd",
    ]

    /// Why no fault may touch it; nil when one may.
    static func reason(_ process: NodeProcess, _ node: NodeView) -> String? {
        if process.pid == 1 { return "it is the first process of the node" }
        if process.isKernel { return "it is a thread of the kernel" }
        if node.daemonLine.first == process.pid { return "it is faultd, which must undo the fault" }
        if node.daemonLine.contains(process.pid) { return "faultd runs below it" }
        if node.callerLine.contains(process.pid) { return "it made this request, or what made it runs below it" }
        if let unit = process.unit, let pattern = node.protection.pattern(protecting: unit) {
            return "it belongs to \(unit), and protected_units has \"\(pattern)\""
        }
        if process.container == nil, names.contains(process.name) { return "without \(process.name) nobody could reach or mend the node" }
        return nil
    }
}
