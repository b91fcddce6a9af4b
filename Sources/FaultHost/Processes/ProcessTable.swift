// What /proc tells of processes (proc(5)).
import CLinux
import Glibc

enum ProcessTable {
    /// Runs, that is: exists and is not a zombie that waits for its parent.
    static func isLive(_ pid: Int32) -> Bool { stat(pid)?.isLive ?? false }

    /// Such as `sshd`: what proc_pid_comm(5) has, 15 bytes at most.
    static func name(of pid: Int32) -> Substring? { text(of: "/proc/\(pid)/comm", limit: 64)?.dropLast() }

    /// This process, its parent, and so on up to the first of the pid namespace.
    static func ownLine() -> [Int32] { line(of: getpid()) }

    static func line(of pid: Int32) -> [Int32] {
        var line = [pid]
        while let last = line.last, last > 1, let parent = stat(last)?.parent, parent > 0, !line.contains(parent) { line.append(parent) }
        return line
    }

    /// proc_pid_stat(5) as far as it is of use.
    struct Stat {
        var name: Substring
        var state: Substring
        var parent: Int32
        var flags: UInt64
        var startTicks: UInt64

        var isLive: Bool { state != "Z" && state != "X" }
        var isStopped: Bool { state == "T" }
        /// PF_KTHREAD of linux/sched.h.
        var isKernel: Bool { flags & 0x20_0000 != 0 }
    }

    /// The command's name in field 2 may hold spaces and brackets, so fields are counted behind its last bracket.
    static func stat(_ pid: Int32) -> Stat? {
        guard let text = text(of: "/proc/\(pid)/stat", limit: 1024), let start = text.firstIndex(of: "("),
            let bracket = text.lastIndex(of: ")"), start < bracket
        else { return nil }
        // Field n stands at n - 2.
        let fields = text[bracket...].split(separator: " ")
        guard fields.count > 20, let parent = Int32(fields[2]), let flags = UInt64(fields[7]), let ticks = UInt64(fields[20]) else { return nil }
        let name = text[text.index(after: start)..<bracket]
        return Stat(name: name, state: fields[1], parent: parent, flags: flags, startTicks: ticks)
    }

    /// The beginning of a file, at most `limit` bytes; nil when it can't be read.
    static func text(of path: String, limit: Int) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            count = max(0, Glibc.read(file, room.baseAddress, limit))
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// What a process may do, and what its children could ever do: a bit for each (capabilities(7)). Nothing where that can't be read.
    static func capabilities(of process: String = "self") -> (effective: UInt64, bounding: UInt64) {
        let lines = (SmallFile.read("/proc/\(process)/status") ?? "").split(separator: "\n")
        func mask(_ name: String) -> UInt64 {
            let line = lines.first { $0.hasPrefix(name) }
            return line.flatMap { UInt64($0.dropFirst(name.count).drop { $0.isWhitespace }, radix: 16) } ?? 0
        }
        return (mask("CapEff:"), mask("CapBnd:"))
    }
}
