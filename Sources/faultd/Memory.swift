// Keeps the daemon's memory where it is: an undo that waits for a page from a disk that is short of everything comes late.
import CLinux
import FaultModel
import Glibc
import Logging

enum Memory {
    /// Heaps of their own for so many threads. The default of eight for each CPU makes for a dozen heaps with a little in each (mallopt(3)).
    private static let heaps: Int32 = 2
    /// Bytes by which a heap grows: the default for threads is a page, each with a system call.
    private static let step: Int32 = 128 * 1024

    /// Before there are threads.
    static func keepTogether() {
        mallopt(Int32(M_ARENA_MAX), heaps)
        mallopt(Int32(M_TOP_PAD), step)
    }

    /// Locks what is used and what will be, each page when it is first touched: memory that is only reserved costs nothing (mlockall(2)).
    static func lock(_ logger: Logger) {
        var limit = rlimit()
        // Below a limit, an allocation would fail once it is reached, and that is worse than waiting for a disk.
        guard getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0, limit.rlim_cur == rlim_t.max else {
            return logger.info("memory is not locked: its limit is not infinite (LimitMEMLOCK= in faultd.service)")
        }
        guard mlockall(Int32(MCL_CURRENT) | Int32(MCL_FUTURE) | Int32(MCL_ONFAULT)) != 0 else { return }
        logger.warning("memory could not be locked: \(String(cString: strerror(errno)))")
    }
}
