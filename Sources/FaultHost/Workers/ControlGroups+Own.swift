// Groups of workers' own inside those of others: made, joined, killed and removed.
public import FaultModel
import Glibc

/// A worker that shares somebody's limits has a group of its own inside theirs: its processes are told apart, and killed all at once.
extension ControlGroups {
    /// Makes the groups and moves this process into them: `mkdir GROUP; echo 0 > GROUP/cgroup.procs`.
    public static func join(_ folders: [String]) throws(Problem) {
        for folder in folders {
            try requireOurs(folder)
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw .system("make the control group \(folder)", errno: errno) }
            copyProcessors(to: folder)
            try SmallFile.write("0", to: "\(folder)/cgroup.procs")
        }
    }

    /// A new group of version 1's cpuset has none, and takes no process then.
    private static func copyProcessors(to folder: String) {
        let parent = folder.prefix(upTo: folder.lastIndex(of: "/") ?? folder.endIndex)
        for name in ["cpuset.cpus", "cpuset.mems"] {
            guard exists("\(folder)/\(name)"), !exists("\(folder)/cgroup.kill"), let text = SmallFile.read("\(parent)/\(name)") else { continue }
            try? SmallFile.write(text, to: "\(folder)/\(name)")
        }
    }

    // MARK: at the end

    /// Kills everything in the groups and removes them: `echo 1 > GROUP/cgroup.kill; rmdir GROUP`. Blocks until they are empty.
    /// - Returns: whether any was there.
    @discardableResult
    public static func end(_ folders: [String], within limit: Duration) throws(Problem) -> Bool {
        for folder in folders { try requireOurs(folder) }
        let there = folders.filter(exists)
        guard !there.isEmpty else { return false }
        guard waitUntilEmpty(there, within: limit, killing: true) else {
            throw Problem(.hostFailure, "processes in \(there[0]) have not ended after SIGKILL")
        }
        for folder in there where rmdir(folder) != 0 && errno != ENOENT { throw .system("remove the control group \(folder)", errno: errno) }
        return true
    }

    /// Only what carries our name is ever made, killed or removed.
    private static func requireOurs(_ folder: String) throws(Problem) {
        let name = folder.split(separator: "/").last ?? ""
        guard folder.hasPrefix("\(root)/"), Workers.fault(in: "\(name).service") != nil else {
            throw Problem(.internalError, "\(folder) is no control group of a worker")
        }
    }

    private static let pause: UInt32 = 5_000

    /// A group that has gone is empty.
    static func waitUntilEmpty(_ folders: [String], within limit: Duration, killing: Bool = false) -> Bool {
        let end = monotonicNow() + limit.nanoseconds
        while true {
            let left = folders.filter { !processes(in: $0).isEmpty }
            if left.isEmpty { return true }
            if monotonicNow() > end { return false }
            if killing { left.forEach(kill) }
            usleep(pause)
        }
    }

    /// Version 1 has no cgroup.kill: there each process is killed, again and again until none is left.
    private static func kill(_ folder: String) {
        if (try? SmallFile.write("1", to: "\(folder)/cgroup.kill")) != nil { return }
        for pid in processes(in: folder) { Glibc.kill(pid, SIGKILL) }
    }

    private static func processes(in folder: String) -> [Int32] {
        (SmallFile.read("\(folder)/cgroup.procs") ?? "").split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }
}
