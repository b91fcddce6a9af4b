// One timerfd that is set to the next of many deadlines: what the lateness of leases can't be better than.
import CLinux
import Glibc

enum BareTimer {
    /// Waits for each in turn. Blocks its thread.
    /// - Returns: milliseconds by which each was late.
    static func lateness(of deadlines: [Int64]) throws -> Samples {
        let timer = timerfd_create(CLOCK_BOOTTIME, O_CLOEXEC)
        guard timer >= 0 else { throw Failure.system("make a timer") }
        defer { close(timer) }
        var samples = Samples()
        for deadline in deadlines {
            var when = itimerspec()
            when.it_value = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            guard timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nil) == 0 else { throw Failure.system("set a timer") }
            var count: UInt64 = 0
            guard read(timer, &count, MemoryLayout<UInt64>.size) > 0 else { throw Failure.system("wait for a timer") }
            samples.add(Clock.milliseconds(since: deadline))
        }
        return samples
    }
}
