// A reading of the node's clocks, and the deadlines made from it.

/// Both clocks read at once. `boot` is CLOCK_BOOTTIME (counts suspended time, never steps; time(7)), `wall` is for people.
public struct Moment: Sendable, Hashable, Codable {
    /// Nanoseconds since boot.
    public var boot: Int64
    public var wall: Timestamp

    public init(boot: Int64, wall: Timestamp) {
        self.boot = boot
        self.wall = wall
    }

    public static func + (moment: Moment, span: Duration) -> Moment {
        .init(boot: moment.boot + span.nanoseconds, wall: moment.wall + span)
    }

    /// The same instant, with its wall time by the clock as it now is: what was set meanwhile counts.
    public func read(at now: Moment) -> Moment { now + since(now) }

    /// How long from `earlier` to this moment, by the clock that does not step.
    public func since(_ earlier: Moment) -> Duration { .nanoseconds(boot - earlier.boot) }
}

/// The node's clock as the engine sees it. The real one lives below `main`; tests turn one by hand.
public protocol NodeClock: Sendable {
    /// `/proc/sys/kernel/random/boot_id`: tells deadlines of this boot from those of an earlier one.
    var bootID: String { get }
    func now() -> Moment
    /// Returns at or after `boot` nanoseconds since boot, never earlier; throws CancellationError when its task is cancelled.
    func sleep(until boot: Int64) async throws
}
