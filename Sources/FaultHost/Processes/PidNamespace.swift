// Whether a runtime counts processes as we do: its pids mean nothing in another pid namespace, or worse, name another process.
import CLinux
import FaultModel
import Glibc

enum PidNamespace {
    /// Refuses a server whose pid namespace is not ours, by the process that made its socket (SO_PEERCRED, unix(7)).
    static func requireShared(withServerOf socket: String) throws(Problem) {
        guard let pid = serverPID(of: socket), !isShared(with: pid) else { return }
        throw Problem(
            .impossible, "the server of \(socket) runs in another pid namespace than faultd: its pids name other processes here",
            hint: "run faultd in the node's own pid namespace (hostPID: true in a pod), or use method: api")
    }

    /// The kernel shows a process outside our namespace as 0. One in a namespace below ours has a pid here, and a namespace of its own.
    private static func isShared(with pid: Int32) -> Bool {
        guard pid > 0 else { return false }
        guard let theirs = SmallFile.link("/proc/\(pid)/ns/pid"), let ours = SmallFile.link("/proc/self/ns/pid") else { return true }
        return theirs == ours
    }

    /// Nil when nobody listens; then there is nothing to compare, and the call that needs the server tells it.
    private static func serverPID(of socket: String) -> Int32? {
        guard var address = address(socket) else { return nil }
        let file = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        // struct ucred: pid, uid, gid.
        var credentials: (Int32, UInt32, UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard connected == 0, getsockopt(file, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
        return credentials.0
    }

    private static func address(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }
}
