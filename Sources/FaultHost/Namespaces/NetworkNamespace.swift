// Work inside a container's network namespace, on a thread that ends with it.
import CLinux
import FaultModel
import Glibc

enum NetworkNamespace {
    /// `nsenter --net=… body`, in this process. Blocks its thread until it is done.
    ///
    /// Sockets that `body` opens belong to the namespace, and so do `/proc/thread-self/net` and `/proc/sys/net`; `/proc/net` and the file
    /// system stay the daemon's.
    /// - Parameter pin: nil is the daemon's own, where `body` runs on the calling thread.
    /// - Returns: nil when the namespace is gone, and with it whatever was in it.
    static func run<T>(_ pin: NamespacePin?, _ body: () throws(Problem) -> T) throws(Problem) -> T? {
        guard let pin else { return try body() }
        return try run(for: pin.container.title) { () throws(Problem) in
            try NamespaceSearch.places(of: pin) { (place) throws(Problem) in try enter(place, if: pin.isSame) } ? try body() : nil
        }
    }

    /// The same in a namespace that was found, whosever it is; nil when it is another by now.
    static func run<T>(in found: FoundNamespace, _ body: () throws(Problem) -> T) throws(Problem) -> T? {
        try run(for: "network namespace \(found.inode)") { () throws(Problem) in
            try enter(found.place, if: { $0.inode == found.inode }) ? try body() : nil
        }
    }

    /// The daemon's own, which is nobody's container.
    static func own() throws(Problem) -> NamespaceIdentity {
        guard let file = open("/proc/self/ns/net") else { throw .system("open /proc/self/ns/net", errno: errno) }
        defer { close(file) }
        return NamespaceIdentity(inode: inode(of: file), cookie: nil)
    }

    /// Who the namespace at `place` is; nil when there is none.
    static func identity(at place: String) throws(Problem) -> NamespaceIdentity? {
        var identity: NamespaceIdentity?
        _ = try run(for: place) { () throws(Problem) in
            _ = try enter(place) {
                identity = $0
                return true
            }
        }
        return identity
    }

    // MARK: - the thread

    /// `setns` is for good on its thread, so each entry has one of its own.
    private static func run<T>(for whom: String, _ body: () throws(Problem) -> T) throws(Problem) -> T {
        var result: Result<T, Problem>?
        let code = withoutActuallyEscaping({ result = Result { () throws(Problem) in try body() } }) { ThrowAwayThread.run($0) }
        guard let result else { throw .system("start a thread for \(whom)", errno: code, hint: "the daemon is at its limit of threads or memory") }
        return try result.get()
    }

    /// Moves the calling thread.
    /// - Returns: false when nothing is there, or another than wanted.
    private static func enter(_ place: String, if isWanted: (NamespaceIdentity) -> Bool) throws(Problem) -> Bool {
        guard let file = open(place) else {
            if [ENOENT, ESRCH, ENOTDIR].contains(errno) { return false }
            throw refusal("open \(place)", errno)
        }
        defer { close(file) }
        // CLONE_NEWNET: refuses what is no network namespace.
        guard setns(file, 0x4000_0000) == 0 else {
            // A bind mount's place with nothing mounted on it, or not any more.
            if errno == EINVAL { return false }
            throw refusal("enter \(place)", errno)
        }
        return isWanted(NamespaceIdentity(inode: inode(of: file), cookie: cookie()))
    }

    private static func refusal(_ doing: String, _ code: Int32) -> Problem {
        guard [EPERM, EACCES].contains(code) else { return .system(doing, errno: code) }
        return Problem(
            .missingDependency, "faultd may not \(doing)",
            hint: "run it as root, with CAP_SYS_PTRACE and CAP_SYS_ADMIN and without RestrictNamespaces=net")
    }

    /// Whether this process may enter any at all: CAP_SYS_ADMIN of capabilities(7).
    static var isPossible: Bool { ProcessTable.capabilities().effective & 1 << 21 != 0 }

    private static func open(_ place: String) -> Int32? {
        let file = Glibc.open(place, O_RDONLY | O_CLOEXEC)
        return file >= 0 ? file : nil
    }

    private static func inode(of file: Int32) -> UInt64 {
        var identity = faultd_file_identity()
        return faultd_identify("/proc/self/fd/\(file)", &identity) == 0 ? identity.inode : 0
    }

    /// Of the calling thread's namespace; nil before Linux 5.14.
    private static func cookie() -> UInt64? {
        let file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var cookie: UInt64 = 0
        var size = socklen_t(MemoryLayout<UInt64>.size)
        // SO_NETNS_COOKIE of the kernel's include/uapi/asm-generic/socket.h, which Debian 12's headers have only for the kernel.
        return getsockopt(file, SOL_SOCKET, 71, &cookie, &size) == 0 ? cookie : nil
    }
}

/// What tells a network namespace from others.
struct NamespaceIdentity: Sendable, Hashable {
    var inode: UInt64
    var cookie: UInt64?
}

extension NamespacePin {
    fileprivate func isSame(_ other: NamespaceIdentity) -> Bool { inode == other.inode && cookie == other.cookie }
}
