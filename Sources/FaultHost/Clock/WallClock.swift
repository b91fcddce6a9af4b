// The wall clock: the mechanism behind `Change.clock`.
import CLinux
import FaultModel
import Glibc

/// Steps CLOCK_REALTIME and steps it back. What it is compared with is CLOCK_BOOTTIME: both run at one rate, and only a step moves them apart.
struct WallClock: Mechanism {
    /// Two readings taken one after the other, and a leap of a scheduler between them.
    private static let tolerance = Duration.milliseconds(20).nanoseconds

    func prepare(_ change: ClockChange, for fault: FaultID) async throws(Problem) -> ClockUndo {
        let report = Self.capability()
        guard report.available else { throw Problem(.missingDependency, "the wall clock can't be set: \(report.detail)", hint: report.remedy) }
        let new = LinuxClock.read(CLOCK_REALTIME) / 1_000_000_000 + change.offset / 1_000_000_000
        guard new > 0, new < Int64(Int32.max) else {
            throw Problem(.impossible, "the wall clock would leave the years from 1970 to 2038", errors: [.init("spec.offset", "is too large")])
        }
        return ClockUndo(fault: fault, offset: change.offset, ahead: Self.ahead())
    }

    /// `date -s '+3600 seconds'`, as one step of the kernel's own.
    func apply(_ change: ClockChange, undo: ClockUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        guard Self.isNear(Self.ahead() - undo.ahead, 0) else {
            throw Problem(.conflict, "somebody else set the wall clock at the same moment", hint: "try again")
        }
        try Self.step(by: undo.offset)
        guard Self.isNear(Self.ahead() - undo.ahead, undo.offset) else {
            throw Problem(.noEffect, "the wall clock was set and is not where it was set to: something else sets it")
        }
        return Self.seen(undo)
    }

    func revert(_ undo: ClockUndo) async throws(Problem) -> RevertOutcome {
        let moved = Self.ahead() - undo.ahead
        if Self.isNear(moved, 0) { return RevertOutcome(.alreadyGone) }
        guard Self.isNear(moved, undo.offset) else {
            return RevertOutcome(
                .superseded, drift: ["the wall clock was set by somebody else meanwhile: it is \(Self.text(moved)) from where it was"])
        }
        try Self.step(by: -undo.offset)
        guard Self.isNear(Self.ahead() - undo.ahead, 0) else {
            throw Problem(.hostFailure, "the wall clock was set back and is \(Self.text(Self.ahead() - undo.ahead)) from where it was")
        }
        return RevertOutcome(.restored)
    }

    func observe(_ undo: ClockUndo) async throws(Problem) -> Evidence { Self.seen(undo) }

    private static func seen(_ undo: ClockUndo) -> Evidence {
        let moved = ahead() - undo.ahead
        let drift = isNear(moved, undo.offset) ? [] : ["the wall clock was set by somebody else: it is \(text(moved)) from where it was"]
        return Evidence(
            observations: [.init("wall clock", "\(text(moved)) from where it was", figures: ["offset_ms": moved / 1_000_000])], drift: drift)
    }

    private static func text(_ span: Int64) -> String { (span < 0 ? "" : "+") + Duration.milliseconds(span / 1_000_000).text }
    private static func isNear(_ span: Int64, _ wanted: Int64) -> Bool { abs(span - wanted) <= tolerance }

    /// How far the wall clock is ahead of the one that counts from boot. Of several readings the one that was interrupted least.
    static func ahead() -> Int64 {
        var best: (width: Int64, ahead: Int64) = (.max, 0)
        for _ in 0..<5 {
            let before = LinuxClock.read(CLOCK_BOOTTIME)
            let wall = LinuxClock.read(CLOCK_REALTIME)
            let after = LinuxClock.read(CLOCK_BOOTTIME)
            if after - before < best.width { best = (after - before, wall - before - (after - before) / 2) }
        }
        return best.ahead
    }

    private static func step(by span: Int64) throws(Problem) {
        guard faultd_step_clock(span) == 0 else { throw .system("set the wall clock", errno: errno, hint: "it takes CAP_SYS_TIME") }
    }

    // MARK: the rest

    /// Its timer is its only backstop: see `TimerBacked`.
    func foresee(_ undo: ClockUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: ClockUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func capabilities() async -> [CapabilityReport] { [Self.capability()] }

    /// CAP_SYS_TIME is number 25 (capabilities(7)).
    private static func capability() -> CapabilityReport {
        let mask = ProcessTable.ownCapabilities()
        let isAllowed = mask & (1 << 25) != 0
        return CapabilityReport(
            .clock, available: isAllowed, detail: isAllowed ? "the wall clock can be set" : "faultd has no CAP_SYS_TIME",
            remedy: isAllowed ? nil : "run faultd on the node itself: containers share the clock of their host, and are not let at it")
    }
}
