// The lock under which everybody edits the legacy tables.
import CLinux
import FaultModel
import Glibc

/// flock(2) on the file that `iptables-legacy` locks too. Without it two editors would send each other's changes into oblivion,
/// since each sends the whole table.
struct XtablesLock: Sendable {
    var path = "/run/xtables.lock"
    /// How long others are waited for.
    var limit = Duration.seconds(10)
    /// Where the kernel tells who holds a lock.
    var proc = ProcNet()

    private static let shortestPause = Duration.milliseconds(1)
    private static let longestPause = Duration.milliseconds(20)

    /// Does `work` while the lock is held. Blocks its thread.
    func hold<T>(_ work: () throws(Problem) -> T) throws(Problem) -> T {
        let file = open(path, O_CREAT | O_RDONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system("open \(path)", errno: errno, hint: "everybody who edits the tables locks this file first") }
        // Closing gives the lock back.
        defer { close(file) }
        try lock(file)
        return try work()
    }

    private func lock(_ file: Int32) throws(Problem) {
        let start = ContinuousClock.now
        var pause = Self.shortestPause
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR else { throw .system("lock \(path)", errno: code) }
            guard ContinuousClock.now - start < limit else { throw timedOut(file) }
            usleep(UInt32(pause.nanoseconds / 1000))
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func timedOut(_ file: Int32) -> Problem {
        let holder = proc.lockHolder(file).map { "process \($0)" } ?? "another process"
        return Problem(
            .timedOut, "\(holder) has held \(path) for more than \(limit.text)",
            hint: "it keeps everybody from editing packet rules; see `lslocks`")
    }
}
