// The listening Unix socket: made with its mode and group before anybody can connect, or handed over by systemd.
public import FaultModel
import Glibc

/// A socket that listens already: callers that connect before the server runs wait in its queue.
public struct UnixSocket: Sendable {
    public let path: String
    let descriptor: Int32
    /// What bind made; nil for a socket that was handed over, whose file belongs to its maker.
    private let file: FileIdentity?

    /// Callers that may wait to be accepted.
    static let backlog: Int32 = 256

    /// Makes the socket. What is in the way is replaced if it is a socket on which nobody answers.
    /// - Parameters:
    ///   - path: at most 107 bytes (unix(7)); its folder must exist.
    ///   - mode: of the file; who may write to it may inject faults.
    ///   - group: who owns the file besides root; nil leaves the group of this process.
    public static func bind(path: String, mode: UInt32 = 0o660, group: UInt32? = nil) throws(Problem) -> UnixSocket {
        try clear(path)
        let descriptor = try open()
        do {
            try attach(descriptor, path: path, mode: mode, group: group)
        } catch {
            close(descriptor)
            throw error
        }
        return UnixSocket(path: path, descriptor: descriptor, file: FileIdentity(of: path))
    }

    /// Takes a socket that systemd made from a `.socket` unit: sd_listen_fds(3) says which descriptors they are.
    public static func inherited(descriptor: Int32) throws(Problem) -> UnixSocket {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let known = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &length) }
        }
        guard known == 0, address.sun_family == sa_family_t(AF_UNIX), isListening(descriptor) else {
            throw Problem(
                .hostFailure, "descriptor \(descriptor) is not a listening Unix socket",
                hint: "the .socket unit needs ListenStream= with a path, and Accept=no")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let path = withUnsafeBytes(of: &address.sun_path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return UnixSocket(path: path, descriptor: descriptor, file: nil)
    }

    /// Takes the file away, unless it is no longer the one that bind made.
    func removeFile() {
        if let file, file == FileIdentity(of: path) { unlink(path) }
    }
}

extension UnixSocket {
    private static func open() throws(Problem) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw failure("make a socket") }
        return descriptor
    }

    /// Until listen(2) every connect(2) is refused, so the order is what keeps strangers out, whatever the umask is.
    private static func attach(_ descriptor: Int32, path: String, mode: UInt32, group: UInt32?) throws(Problem) {
        guard try withAddress(path, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            throw failure("bind \(path)", hint: "its folder must exist; under systemd, RuntimeDirectory=faultd makes /run/faultd")
        }
        guard chown(path, uid_t.max, group ?? gid_t.max) == 0 else { throw failure("give \(path) to group \(group ?? 0)") }
        guard chmod(path, mode_t(mode)) == 0 else { throw failure("set the mode of \(path)") }
        guard listen(descriptor, backlog) == 0 else { throw failure("listen on \(path)") }
    }

    /// Removes a socket that a killed daemon left behind; refuses to take one from a living daemon, or to delete anything else.
    private static func clear(_ path: String) throws(Problem) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Problem(.conflict, "\(path) exists and is no socket", hint: "move it away, or choose another socket path")
        }
        let probe = try open()
        defer { close(probe) }
        // EAGAIN is a living server whose queue is full (connect(2)).
        if try withAddress(path, { connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
            throw Problem(.conflict, "another faultd answers on \(path)", hint: "stop it first: systemctl stop faultd")
        }
        unlink(path)
    }

    private static func isListening(_ descriptor: Int32) -> Bool {
        var flag: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &flag, &size) == 0 && flag == 1
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws(Problem) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            throw Problem(.invalidField, "a socket's path must have 1 to 107 bytes: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) } }
    }

    private static func failure(_ act: String, hint: String? = nil) -> Problem {
        Problem(.hostFailure, "can't \(act): \(String(cString: strerror(errno)))", hint: hint)
    }
}

/// Which file a path leads to, to notice that it was replaced.
private struct FileIdentity: Equatable {
    let device: dev_t
    let inode: ino_t
    /// The number of a file that is gone is soon another's.
    let changed: [Int]

    init?(of path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
