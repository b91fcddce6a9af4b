// clock.skew: the wall clock is wrong.
public import FaultModel

/// Steps the wall clock, keeps time services from mending it, and steps it back.
public struct ClockSkew: FaultKind {
    public struct Parameters: Sendable { var offset: Duration }

    public init() {}

    private static let offset = Field<SignedDuration>(
        "offset", "How far the wall clock is moved: \"+1h\" into the future, \"-90s\" into the past.",
        check: { abs($0.duration.nanoseconds) >= shortest.nanoseconds ? nil : "must be at least \(shortest.text), either way" })
    /// Less could not be told from how exactly a clock is set.
    private static let shortest = Duration.milliseconds(100)
    /// What sets the clock on common nodes.
    static let services = [
        "systemd-timesyncd.service", "chrony.service", "chronyd.service", "ntpsec.service", "ntp.service", "ntpd.service", "openntpd.service",
    ]

    public let name = "clock.skew"
    public let summary = "Set the wall clock forward or back"
    public let details = """
        Steps the wall clock (CLOCK_REALTIME) of the node and everything on it, containers included. Services that set it by NTP are stopped \
        first and started again afterwards. Leases, timers of systemd that count from boot, and programs that measure time by CLOCK_MONOTONIC do \
        not notice.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The wall clock, and whichever of systemd-timesyncd, chrony, ntpsec, ntpd and openntpd runs. The real-time clock is left alone: the \
                kernel stops copying the time there when it is set by hand.
                """,
            undo: """
                The wall clock is stepped back by as much, so that the time that passed meanwhile is kept; then the time services are started again. \
                If somebody else has set the clock meanwhile, it is left as they set it, which the drift tells.
                """,
            backstop:
                "systemd: transient timers, which count from boot, run faultd revert and start the time services half a second after the lease.",
            next: """
                Certificates and tokens expire or are not valid yet, timers with OnCalendar= and cron jobs fire or are skipped, caches expire, \
                logs are out of order. Packet faults of which the kernel ends the rules by the wall clock are refused meanwhile, and the other \
                way round.
                """)
    }
    public let requires: [Capability] = [.clock, .systemd]
    public var fields: [FieldDescription] {
        var offset = Self.offset.description
        offset.required = true
        return [offset]
    }
    public var examples: [KindExample] {
        [
            KindExample("An hour ahead", ["offset": "+1h"]),
            KindExample("A minute and a half behind", ["offset": "-90s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(offset: reader.read(Self.offset, standIn: SignedDuration(.zero)).duration)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery {
        var query = NodeQuery()
        query.optionalUnits = Self.services
        return query
    }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        var plan = Plan()
        var seen: Set<String> = []
        let names = Self.services.compactMap { node.unit($0) }.filter { $0.isActive && seen.insert($0.name).inserted }.map(\.name)
        let running = names.compactMap { try? UnitName(spec: .string($0), lenient: false) }
        if !running.isEmpty { plan.append(try UnitStop.plan(running, force: false, on: node)) }
        plan.changes.append(.clock(ClockChange(offset: parameters.offset.nanoseconds)))
        plan.claims.append(.wallClock(shared: false))
        plan.targets += 1
        plan.notes.append(
            running.isEmpty
                ? "nothing was found that sets this clock by NTP: \(Self.services.joined(separator: ", "))"
                : "held off meanwhile: \(names.joined(separator: ", "))")
        return plan
    }
}
