// One process at a time: an advisory lock (flock(2)) that the kernel drops when its holder dies, however it dies.
import FaultModel
import Glibc

final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, waiting for its holder to end; there is no event for a lock that is let go.
    static func take(_ path: String, patience: Duration) async throws(Problem) -> FileLock {
        let end = ContinuousClock.now + patience
        while true {
            do { return try FileLock(path: path) } catch {
                guard error.type == .conflict, ContinuousClock.now < end, !Task.isCancelled else { throw error }
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Takes the lock or throws at once, naming who has it.
    init(path: String) throws(Problem) {
        let writable = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // A lock can be had on a file that can't be written, too.
        descriptor = writable < 0 && errno == EROFS ? open(path, O_RDONLY | O_CLOEXEC) : writable
        guard descriptor >= 0 else {
            throw Problem(
                .journalUnavailable, "could not open \(path): \(String(cString: strerror(errno)))",
                hint: "check that the folder exists and whose it is")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw Problem(
                .conflict, "another faultd has the journal" + (holder.map { " (pid \($0))" } ?? ""),
                hint: "use the running daemon: faultctl; or stop it first: systemctl stop faultd")
        }
        let pid = Array("\(getpid())\n".utf8)
        // Only for people and messages: who holds the lock is the kernel's to know.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, pid, pid.count, 0) }
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}
