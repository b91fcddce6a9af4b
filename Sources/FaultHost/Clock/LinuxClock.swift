// The node's clocks.
import CLinux
public import FaultModel
import Glibc

/// CLOCK_BOOTTIME for deadlines, CLOCK_REALTIME for people.
public struct LinuxClock: NodeClock {
    public let bootID: String

    public init() throws(Problem) {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { throw .system("read the boot id", errno: errno) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = fread(&bytes, 1, bytes.count, file)
        bootID = String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    public func now() -> Moment {
        Moment(boot: Self.read(CLOCK_BOOTTIME), wall: Timestamp(milliseconds: Self.read(CLOCK_REALTIME) / 1_000_000))
    }

    /// ContinuousClock is CLOCK_BOOTTIME on Linux: it counts suspended time and never steps.
    public func sleep(until boot: Int64) async throws {
        while true {
            let left = boot - Self.read(CLOCK_BOOTTIME)
            if left <= 0 { return }
            try await Task.sleep(until: ContinuousClock.now + .nanoseconds(left), tolerance: .zero, clock: .continuous)
        }
    }

    static func read(_ clock: Int32) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
