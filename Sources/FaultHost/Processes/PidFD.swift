// A process held by a descriptor (pidfd_open(2)): a signal through it can't reach another process that got the same pid later.
import CLinux
import FaultModel
import Glibc

final class PidFD: Sendable {
    let pid: Int32
    private let descriptor: Int32

    /// Nil when no such process exists.
    init?(pid: Int32) throws(Problem) {
        descriptor = pidfd_open(pid, 0)
        self.pid = pid
        guard descriptor < 0 else { return }
        if errno == ESRCH { return nil }
        throw .system("get hold of process \(pid) (pidfd_open)", errno: errno)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// `kill -KILL pid`, but for this process only. False when it had ended.
    func send(_ signal: Signal) throws(Problem) -> Bool { try send(signal.number, signal.rawValue) }

    /// The same with a signal that no caller may choose, such as SIGCONT.
    func send(_ number: Int32, _ name: String) throws(Problem) -> Bool {
        if pidfd_send_signal(descriptor, number, nil, 0) == 0 { return true }
        if errno == ESRCH { return false }
        if errno == EPERM {
            throw Problem(.missingDependency, "faultd may not send SIG\(name) to process \(pid)", hint: "it takes root and CAP_KILL")
        }
        throw .system("send SIG\(name) to process \(pid)", errno: errno)
    }

    /// Whether every thread of it has ended; its parent may not have collected it yet.
    var hasEnded: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    /// Waits until all have ended, or for `limit`; returns those that have not.
    ///
    /// It looks and sleeps in turn, so that no thread of the cooperative pool blocks in poll(2).
    static func waitForEnd(of processes: [PidFD], limit: Duration) async -> [PidFD] {
        let end = ContinuousClock.now + limit
        var pause = Duration.milliseconds(1)
        var alive = processes.filter { !$0.hasEnded }
        while !alive.isEmpty, ContinuousClock.now < end, (try? await Task.sleep(for: pause)) != nil {
            alive.removeAll { $0.hasEnded }
            pause = min(pause * 2, .milliseconds(20))
        }
        return alive
    }
}
