// The thread that is both the executor of the `Bus` actor and the loop that waits for its socket.
import CLinux
import Glibc
import Synchronization

/// What the loop waits for next.
struct BusWait: Sendable {
    /// Nil while there is no connection.
    var socket: Int32?
    /// poll(2) events.
    var events: Int16
    /// Nanoseconds of CLOCK_MONOTONIC; nil waits for ever.
    var deadline: Int64?
}

/// Runs an actor's jobs and, between them, its `pump`, on one pthread. sd-bus is not thread-safe; here nothing else can reach it.
final class BusThread: SerialExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let owner = Mutex<pthread_t?>(nil)
    /// eventfd(2) that ends the poll when a job comes in.
    private let wake: Int32

    init() { wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }

    deinit { close(wake) }

    /// - Parameters:
    ///   - name: what `ps -L` shows; 15 characters at most.
    ///   - pump: called on the thread after the jobs; returns nil when the loop should end.
    func start(name: String, pump: @escaping @Sendable () -> BusWait?) {
        let body = Unmanaged.passRetained(Body { [self] in loop(name: name, pump: pump) }).toOpaque()
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, body)
        // This happens when the daemon starts, before there is a fault. Without the thread every call would hang for ever.
        precondition(failed == 0, "no thread for systemd: \(String(cString: strerror(failed)))")
        pthread_detach(thread)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        interrupt()
    }

    func interrupt() { eventfd_write(wake, 1) }

    /// Callbacks of sd-bus run on this thread but in no Swift task; without this, `assumeIsolated` traps in them.
    func checkIsolated() {
        precondition(owner.withLock { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }, "not on the bus's thread")
    }

    private func loop(name: String, pump: @Sendable () -> BusWait?) {
        owner.withLock { $0 = pthread_self() }
        pthread_setname_np(pthread_self(), name)
        while true {
            runJobs()
            guard let wait = pump() else { return }
            sleep(wait)
        }
    }

    private func runJobs() {
        let ready = jobs.withLock { jobs in
            defer { jobs.removeAll(keepingCapacity: true) }
            return jobs
        }
        for job in ready { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    private func sleep(_ wait: BusWait) {
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        if let socket = wait.socket { descriptors.append(pollfd(fd: socket, events: wait.events, revents: 0)) }
        _ = poll(&descriptors, nfds_t(descriptors.count), Self.milliseconds(until: wait.deadline))
        var count: eventfd_t = 0
        eventfd_read(wake, &count)
    }

    /// Rounded up, so that the loop never spins in the last millisecond.
    private static func milliseconds(until deadline: Int64?) -> Int32 {
        guard let deadline else { return -1 }
        return Int32(clamping: max(0, deadline - monotonicNow() + 999_999) / 1_000_000)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// Nanoseconds of CLOCK_MONOTONIC, the clock of sd-bus's own timeouts. Only for time limits; leases run on `Moment`.
func monotonicNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
