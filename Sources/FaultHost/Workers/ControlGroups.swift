// Control groups by their folders (cgroups(7)): version 2, version 1, and both beside each other.
import CLinux
import FaultModel
import Glibc

public enum ControlGroups {
    static let root = "/sys/fs/cgroup"
    /// Of version 1, with systemd's own.
    private static let controllers = ["systemd", "cpu,cpuacct", "cpu", "cpuacct", "memory", "pids", "blkio", "devices", "freezer", "cpuset"]

    private static var unified: String { exists("\(root)/cgroup.controllers") ? root : "\(root)/unified" }

    /// Of a path below the root of every hierarchy, such as `/system.slice/nginx.service`.
    static func folders(of path: String) -> [String] {
        unique(([unified] + controllers.map { "\(root)/\($0)" }).map { $0 + path }.filter { exists("\($0)/cgroup.procs") })
    }

    /// Of a process, by `/proc/PID/cgroup`: lines such as `0::/system.slice/nginx.service` and `4:memory:/docker/3f2a`.
    static func folders(ofProcess pid: Int32) -> [String] {
        unique(
            (SmallFile.read("/proc/\(pid)/cgroup") ?? "").split(separator: "\n").compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3, parts[2].hasPrefix("/"), parts[2] != "/", !parts[2].contains("..") else { return nil }
                let hierarchy = parts[1].isEmpty ? unified : "\(root)/\(parts[1].replacing("name=", with: ""))"
                let folder = hierarchy + parts[2]
                return exists("\(folder)/cgroup.procs") ? folder : nil
            })
    }

    /// Version 1's `cpu` is often a link to `cpu,cpuacct`.
    private static func unique(_ folders: [String]) -> [String] {
        var seen: Set<[UInt64]> = []
        return folders.filter { folder in identity(folder).map { seen.insert($0).inserted } ?? false }
    }

    // MARK: figures

    /// Microseconds.
    static func processorTime(in folders: [String]) -> Int64? {
        for folder in folders {
            let line = SmallFile.read("\(folder)/cpu.stat")?.split(separator: "\n").first { $0.hasPrefix("usage_usec ") }
            if let line { return Int64(line.dropFirst("usage_usec ".count)) }
        }
        return number("", "cpuacct.usage", in: folders).map { $0 / 1000 }
    }

    /// Processes and threads, also where nobody counts them.
    static func tasks(in folders: [String]) -> Int64? {
        number("pids.current", "pids.current", in: folders)
            ?? folders.lazy.compactMap { SmallFile.read("\($0)/cgroup.threads") }.first.map { Int64($0.split(separator: "\n").count) }
    }

    /// Of a file of version 2 or, where there is none, of version 1.
    static func number(_ second: String, _ first: String, in folders: [String]) -> Int64? {
        for name in [second, first] where !name.isEmpty {
            for folder in folders {
                if let text = SmallFile.read("\(folder)/\(name)")?.split(separator: "\n").first, let number = Int64(text) { return number }
            }
        }
        return nil
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    private static func identity(_ path: String) -> [UInt64]? {
        var identity = faultd_file_identity()
        return faultd_identify(path, &identity) == 0 ? [identity.device, identity.inode] : nil
    }
}
