// What /proc tells of processes (proc(5)).
import CLinux
import Glibc

enum ProcessTable {
    /// Runs, that is: exists and is not a zombie that waits for its parent.
    static func isLive(_ pid: Int32) -> Bool {
        guard let state = stat(pid)?.state else { return false }
        return state != "Z" && state != "X"
    }

    /// Such as `sshd`: what proc_pid_comm(5) has, 15 bytes at most.
    static func name(of pid: Int32) -> Substring? { stat(pid)?.name }

    /// This process, its parent, and so on up to the first of the pid namespace.
    static func ownLine() -> [Int32] { line(of: getpid()) }

    static func line(of pid: Int32) -> [Int32] {
        var line = [pid]
        while let last = line.last, last > 1, let parent = stat(last)?.parent, parent > 0, !line.contains(parent) { line.append(parent) }
        return line
    }

    /// The command's name in field 2 may hold spaces and brackets, so fields are counted behind its last bracket.
    private static func stat(_ pid: Int32) -> (name: Substring, state: Substring, parent: Int32)? {
        guard let text = read("/proc/\(pid)/stat"), let start = text.firstIndex(of: "("), let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[bracket...].split(separator: " ")
        guard start < bracket, fields.count > 2, let parent = Int32(fields[2]) else { return nil }
        return (text[text.index(after: start)..<bracket], fields[1], parent)
    }

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
