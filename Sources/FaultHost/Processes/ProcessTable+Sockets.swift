// Which processes there are, and which sockets they hold.
import FaultModel
import Glibc

extension ProcessTable {
    /// Every process of the pid namespace.
    static func all() throws(Problem) -> [Int32] {
        guard let names = entries(of: "/proc") else { throw .system("list /proc", errno: errno) }
        return names.compactMap { Int32($0) }
    }

    /// Inodes of the sockets that a process has open; nothing when the process is gone.
    static func sockets(of pid: Int32) throws(Problem) -> Set<UInt32> {
        guard let names = entries(of: "/proc/\(pid)/fd") else {
            if errno == ENOENT || errno == ESRCH { return [] }
            throw .system("see the files of process \(pid)", errno: errno)
        }
        return Set(names.compactMap { socket("/proc/\(pid)/fd/\($0)") })
    }

    /// The inode behind a link such as `socket:[12345]`.
    private static func socket(_ path: String) -> UInt32? {
        guard let text = SmallFile.link(path) else { return nil }
        return text.hasPrefix("socket:[") ? UInt32(text.dropFirst("socket:[".count).dropLast()) : nil
    }

    /// Names in a folder; nil leaves the reason in errno.
    private static func entries(of folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            names.append(withUnsafePointer(to: &entry.pointee.d_name) { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) })
        }
        return errno == 0 ? names : nil
    }
}
