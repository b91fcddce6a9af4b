// Every process with what a selector can ask of it.
import FaultModel
import Glibc

extension ProcessTable {
    /// `ps -eo pid,ppid,comm,args,user,cgroup`: of our pid namespace and those below it.
    static func list() throws(Problem) -> [NodeProcess] {
        let users = userNames()
        return try all().sorted().compactMap { process($0, users) }
    }

    /// The container that this process is in, by its id.
    static func ownContainer() -> String? { cgroups(of: getpid()).lazy.compactMap(Cgroup.container).first }

    /// The units that this process is in, from the outermost slice to the innermost scope: `kubepods.slice`, `cri-containerd-….scope`.
    static func ownUnits() -> [String] {
        let suffixes = [".slice", ".scope", ".service"]
        return (cgroups(of: getpid()).first ?? "").split(separator: "/").map(String.init).filter { part in suffixes.contains { part.hasSuffix($0) } }
    }

    /// Nil when it has ended meanwhile.
    private static func process(_ pid: Int32, _ users: [UInt32: String]) -> NodeProcess? {
        guard let stat = stat(pid), let status = text(of: "/proc/\(pid)/status", limit: 8192), let uid = effectiveUser(status) else { return nil }
        let cgroups = cgroups(of: pid)
        var process = NodeProcess(
            pid: pid, parent: stat.parent, startTicks: stat.startTicks, name: String(stat.name), command: command(of: pid), uid: uid,
            user: users[uid], state: String(stat.state), cgroup: cgroups.first ?? "/", container: cgroups.lazy.compactMap(Cgroup.container).first)
        process.isKernel = stat.isKernel
        process.isNamespaceInit = isNamespaceInit(status)
        return process
    }

    /// Its arguments end with a null byte each.
    private static func command(of pid: Int32) -> String {
        let text = text(of: "/proc/\(pid)/cmdline", limit: Limits.textBytes) ?? ""
        return text.split(separator: "\0").joined(separator: " ")
    }

    /// Its paths in every hierarchy of cgroups (cgroups(7)), the one that systemd keeps its units in first.
    private static func cgroups(of pid: Int32) -> [String] {
        let lines = (text(of: "/proc/\(pid)/cgroup", limit: 8192) ?? "").split(separator: "\n")
        let paths = lines.map { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false) }.filter { $0.count == 3 }
        // Version 2 has no controllers named and no name. Where systemd does not use it, everything is at its root.
        let systemds = paths.filter { $0[0] == "0" && $0[2] != "/" } + paths.filter { $0[1] == "name=systemd" }
        return (systemds + paths).map { String($0[2]) }
    }

    /// `Uid:` has the real, effective, saved and file system's.
    private static func effectiveUser(_ status: String) -> UInt32? { words(after: "Uid:", status).dropFirst().first.flatMap { UInt32($0) } }

    /// `NSpid:` has its number in each pid namespace from ours to its own.
    private static func isNamespaceInit(_ status: String) -> Bool {
        let numbers = words(after: "NSpid:", status)
        return numbers.count > 1 && numbers.last == "1"
    }

    private static func words(after key: String, _ text: String) -> [Substring] {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
        return line.dropFirst(key.count).split(whereSeparator: { $0 == "\t" || $0 == " " })
    }

    /// By /etc/passwd alone: getpwuid(3) may ask a directory server, which a fault may have cut off.
    private static func userNames() -> [UInt32: String] {
        let lines = (text(of: "/etc/passwd", limit: 1 << 20) ?? "").split(separator: "\n").map { $0.split(separator: ":") }
        let pairs = lines.compactMap { line in line.count > 2 ? UInt32(line[2]).map { ($0, String(line[0])) } : nil }
        return Dictionary(pairs) { first, _ in first }
    }
}
