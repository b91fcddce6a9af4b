// Tells when the wall clock is set. Costs nothing until then.
import CLinux
@preconcurrency import Dispatch
public import FaultModel
import Glibc
import Synchronization

/// A timer of CLOCK_REALTIME that is never due: the kernel cancels it when that clock is set (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)),
/// and also when the node wakes up.
public final class ClockWatch: Sendable {
    private let timer: Int32
    /// How far the wall clock is ahead of CLOCK_BOOTTIME, in nanoseconds.
    private let offset: Mutex<Int64>

    public init() throws(Problem) {
        timer = timerfd_create(CLOCK_REALTIME, O_CLOEXEC | O_NONBLOCK)
        guard timer >= 0 else { throw .system("make a timer that tells when the clock is set", errno: errno) }
        offset = Mutex(Self.currentOffset())
        guard arm() else { throw .system("watch the wall clock", errno: errno) }
    }

    deinit { close(timer) }

    /// How far the clock was moved, each time it was. One consumer; it ends the watch by going away.
    public func steps() -> AsyncStream<Duration> {
        AsyncStream { continuation in
            let source = DispatchSource.makeReadSource(fileDescriptor: timer, queue: DispatchQueue(label: "faultd.clock"))
            source.setEventHandler { @Sendable [self] in
                if let step = step() { continuation.yield(step) }
            }
            source.activate()
            continuation.onTermination = { _ in source.cancel() }
        }
    }

    /// The step, if there was one; `read` fails with ECANCELED for it.
    private func step() -> Duration? {
        var count: UInt64 = 0
        let isStep = read(timer, &count, MemoryLayout<UInt64>.size) < 0 && errno == ECANCELED
        guard isStep || count > 0 else { return nil }
        _ = arm()
        let now = Self.currentOffset()
        return offset.withLock { offset in
            defer { offset = now }
            return .nanoseconds(now - offset)
        }
    }

    private func arm() -> Bool {
        var never = itimerspec()
        never.it_value.tv_sec = .max
        return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nil) == 0
    }

    private static func currentOffset() -> Int64 { LinuxClock.read(CLOCK_REALTIME) - LinuxClock.read(CLOCK_BOOTTIME) }
}
