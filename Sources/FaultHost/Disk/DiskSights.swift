// How full filesystems are, and what of them has to stay free.
import CLinux
import FaultModel
import Glibc

struct DiskSights {
    /// faultd's state directory.
    let state: String

    func look(_ path: String) -> DiskSight {
        var sight = DiskSight(path: path)
        guard let real = FileSights.realPath(path) else {
            let why = errno == ENOENT ? "does not exist" : "can't be looked at: \(String(cString: strerror(errno)))"
            sight.problem = NodesView.keeps(path) ?? why
            return sight
        }
        sight.problem = real == path ? Self.problem(path) : "is reached through a symbolic link; its real path is \(real)"
        guard sight.problem == nil, let (device, disk) = Self.read(path) else { return sight }
        (sight.device, sight.type) = (device, Self.name(disk.type))
        (sight.total, sight.free, sight.available) = (disk.total, disk.free, disk.available)
        if disk.total == 0 { sight.problem = "is on \(sight.type), which has no size" }
        if sight.type == "tmpfs" { sight.memory = MemoryRoom.bytes() / 2 }
        sight.reason = reason(device, disk)
        return sight
    }

    private static func problem(_ path: String) -> String? {
        var raw = faultd_file_status()
        guard faultd_status_at(path, &raw) == 0, raw.mode & 0o170000 == 0o040000 else { return "is not a directory" }
        if path == "/dev" || (path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm")) { return "holds the node's devices" }
        return NodesView.keeps(path) ?? (access(path, W_OK) == 0 ? nil : "can't be written to: \(String(cString: strerror(errno)))")
    }

    static func read(_ path: String) -> (device: Int64, CLinux.faultd_filesystem)? {
        var (raw, disk) = (faultd_file_status(), CLinux.faultd_filesystem())
        guard faultd_status_at(path, &raw) == 0, faultd_filesystem(path, &disk) == 0 else { return nil }
        return (Int64(bitPattern: raw.device), disk)
    }

    private func reason(_ device: Int64, _ disk: CLinux.faultd_filesystem) -> String? {
        if Self.isSame(device, disk, state) { return "faultd's journal is on it" }
        return Self.isSame(device, disk, "/") ? "the node itself is on it" : nil
    }

    /// Subvolumes of one btrfs have device numbers of their own, and the same figures.
    private static func isSame(_ device: Int64, _ disk: CLinux.faultd_filesystem, _ path: String) -> Bool {
        guard let other = read(path) else { return false }
        return other.device == device || (other.1.type == disk.type && other.1.total == disk.total && other.1.free == disk.free)
    }

    /// statfs(2).
    static func name(_ type: Int64) -> String {
        switch type & 0xFFFF_FFFF {
        case 0xEF53: "ext4"
        case 0x5846_5342: "xfs"
        case 0x9123_683E: "btrfs"
        case 0x0102_1994: "tmpfs"
        case 0x8584_58F6: "ramfs"
        case 0x794C_7630: "overlay"
        case 0x6969: "nfs"
        case 0x6573_5546: "fuse"
        case 0x9FA0: "proc"
        case 0x6265_6572: "sysfs"
        case let other: "filesystem 0x" + String(other, radix: 16)
        }
    }
}

/// How much memory can be had before the kernel kills for it.
enum MemoryRoom {
    /// The least of what the machine has left and what every control group above us allows.
    static func bytes() -> Int64 {
        let available = (SmallFile.read("/proc/meminfo") ?? "").split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let machine = available.flatMap { Int64($0.split(separator: " ").dropFirst().first ?? "") }.map { $0 * 1024 } ?? 0
        return groups().reduce(machine) { least, group in
            guard let limit = number("\(group)/memory.max"), let used = number("\(group)/memory.current") else { return least }
            return min(least, max(0, limit - used))
        }
    }

    /// cgroup2 directories from our own up to the root (cgroups(7)).
    private static func groups() -> [String] {
        guard let line = (SmallFile.read("/proc/self/cgroup") ?? "").split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return [] }
        var path = String(line.dropFirst(3))
        var groups: [String] = []
        while path.count > 1, let slash = path.lastIndex(of: "/") {
            groups.append("/sys/fs/cgroup" + path)
            path = String(path[..<slash])
        }
        return groups
    }

    private static func number(_ path: String) -> Int64? { Int64((SmallFile.read(path) ?? "").prefix { $0.isNumber }) }
}
