// A thread of its own for calls that block: libiptc, flock, getaddrinfo. The cooperative pool must never wait for a kernel lock.
import CLinux
import Glibc
import Synchronization

/// Runs blocking work on one pthread, in order, urgent work (reverts) ahead of the rest.
public final class DedicatedThread: Sendable {
    private struct Queue {
        var urgent: [@Sendable () -> Void] = []
        var normal: [@Sendable () -> Void] = []
        var isClosed = false
        /// No thread was to be had: work is done where it is asked for, which blocks somebody but loses no revert.
        var hasNoThread = false
    }
    private let queue = Mutex(Queue())
    private let ready = Semaphore()

    /// - Parameter name: what `ps -L` shows; 15 characters at most.
    public init(name: String) {
        let body = Box { [self] in loop(name: name) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(body).toOpaque()
        let failed = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
        if failed == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged<Box>.fromOpaque(context).release()
            queue.withLock { $0.hasNoThread = true }
        }
    }

    /// Does `work` on the thread and returns its result.
    public func run<T: Sendable, E: Error>(urgent: Bool = false, _ work: @escaping @Sendable () throws(E) -> T) async throws(E) -> T {
        let result: Result<T, E> = await withCheckedContinuation { continuation in
            post(urgent: urgent) { continuation.resume(returning: Result { () throws(E) in try work() }) }
        }
        return try result.get()
    }

    /// Has `job` done in its turn, and waits for nothing.
    public func post(urgent: Bool = false, _ job: @escaping @Sendable () -> Void) {
        let isQueued = queue.withLock { queue in
            if queue.hasNoThread { return false }
            if urgent { queue.urgent.append(job) } else { queue.normal.append(job) }
            return true
        }
        isQueued ? ready.signal() : job()
    }

    /// The thread ends once what is queued is done.
    public func close() {
        queue.withLock { $0.isClosed = true }
        ready.signal()
    }

    private func loop(name: String) {
        pthread_setname_np(pthread_self(), name)
        while true {
            ready.wait()
            let (job, isClosed) = queue.withLock { queue -> ((@Sendable () -> Void)?, Bool) in
                if !queue.urgent.isEmpty { return (queue.urgent.removeFirst(), false) }
                if !queue.normal.isEmpty { return (queue.normal.removeFirst(), false) }
                return (nil, queue.isClosed)
            }
            job?()
            if isClosed { return }
        }
    }

    private final class Box: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// sem_t (sem_overview(7)) at an address that does not move.
private final class Semaphore: @unchecked Sendable {
    private let raw = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    init() { sem_init(raw, 0, 0) }
    deinit {
        sem_destroy(raw)
        raw.deallocate()
    }
    func signal() { sem_post(raw) }
    func wait() { while sem_wait(raw) != 0 {} }
}
