// The clock that is measured by: the one that leases run on.
import CLinux
import Glibc

enum Clock {
    /// Nanoseconds since boot.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    static func milliseconds(since start: Int64) -> Double { Double(now() - start) / 1e6 }

    /// Milliseconds that it took.
    static func time(_ work: () throws -> Void) rethrows -> Double {
        let start = now()
        try work()
        return milliseconds(since: start)
    }

    static func sleep(milliseconds: Double) { if milliseconds > 0 { usleep(UInt32(milliseconds * 1000)) } }
}

/// Why something could not be measured.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    static func system(_ what: String) -> Failure { Failure("could not \(what): \(String(cString: strerror(errno)))") }
}
