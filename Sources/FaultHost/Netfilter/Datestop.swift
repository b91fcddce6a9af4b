// The kernel's own end of a rule: xt_time's datestop.
import FaultModel

/// The last whole second in which a rule still matches.
///
/// xt_time counts in whole seconds of the wall clock, and `datestop` is inclusive. With `ceil(deadline) - 1` a rule never stops before
/// its lease ends, and at most a second (and the few milliseconds by which the kernel's coarse clock lags) after.
struct Datestop: Sendable, Hashable {
    /// Seconds since 1970 in UTC, as in `xt_time_info.date_stop`.
    let second: UInt32

    init(deadline: Timestamp) {
        let (seconds, rest) = deadline.milliseconds.quotientAndRemainder(dividingBy: 1000)
        second = UInt32(clamping: rest > 0 ? seconds : seconds - 1)
    }

    /// As `--datestop` shows it.
    var lastSecond: Timestamp { .init(milliseconds: Int64(second) * 1000) }

    /// When the kernel stops matching.
    var end: Timestamp { .init(milliseconds: (Int64(second) + 1) * 1000) }

    var backstop: Backstop { .init(by: "kernel", at: end, detail: "xt_time datestop on every rule") }
}
