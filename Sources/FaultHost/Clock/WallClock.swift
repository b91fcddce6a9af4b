// The wall clock: the mechanism behind `Change.clock`.
import FaultModel
import Glibc

/// Steps CLOCK_REALTIME and steps it back. What it is compared with is CLOCK_BOOTTIME: both run at one rate, and only a step moves them apart.
struct WallClock: Mechanism {
    let stepper: ClockStepper

    func prepare(_ change: ClockChange, for fault: FaultID) async throws(Problem) -> ClockUndo {
        let report = await stepper.capability()
        guard report.available else { throw Problem(.missingDependency, "the wall clock can't be set: \(report.detail)", hint: report.remedy) }
        let new = LinuxClock.read(CLOCK_REALTIME) / 1_000_000_000 + change.offset / 1_000_000_000
        guard new > 0, new < Int64(Int32.max) else {
            throw Problem(.impossible, "the wall clock would leave the years from 1970 to 2038", errors: [.init("spec.offset", "is too large")])
        }
        return ClockUndo(fault: fault, offset: change.offset, ahead: ClockStepper.ahead())
    }

    /// `date -s '+3600 seconds'`, as one step of the kernel's own.
    func apply(_ change: ClockChange, undo: ClockUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        guard ClockStepper.isNear(ClockStepper.ahead() - undo.ahead, 0) else {
            throw Problem(.conflict, "somebody else set the wall clock at the same moment", hint: "try again")
        }
        try await stepper.step(from: undo.ahead, to: undo.ahead + undo.offset, for: undo.fault)
        guard ClockStepper.isNear(ClockStepper.ahead() - undo.ahead, undo.offset) else {
            throw Problem(.noEffect, "the wall clock was set and is not where it was set to: something else sets it")
        }
        return Self.seen(undo)
    }

    func revert(_ undo: ClockUndo) async throws(Problem) -> RevertOutcome {
        try await stepper.settle(undo.fault)
        let moved = ClockStepper.ahead() - undo.ahead
        if ClockStepper.isNear(moved, 0) { return RevertOutcome(.alreadyGone) }
        guard ClockStepper.isNear(moved, undo.offset) else {
            return RevertOutcome(
                .superseded, drift: ["the wall clock was set by somebody else meanwhile: it is \(Self.text(moved)) from where it was"])
        }
        try await stepper.step(from: undo.ahead + undo.offset, to: undo.ahead, for: undo.fault)
        guard ClockStepper.isNear(ClockStepper.ahead() - undo.ahead, 0) else {
            throw Problem(.hostFailure, "the wall clock was set back and is \(Self.text(ClockStepper.ahead() - undo.ahead)) from where it was")
        }
        return RevertOutcome(.restored)
    }

    func observe(_ undo: ClockUndo) async throws(Problem) -> Evidence { Self.seen(undo) }

    private static func seen(_ undo: ClockUndo) -> Evidence {
        let moved = ClockStepper.ahead() - undo.ahead
        let drift = ClockStepper.isNear(moved, undo.offset) ? [] : ["the wall clock was set by somebody else: it is \(text(moved)) from where it was"]
        return Evidence(
            observations: [.init("wall clock", "\(text(moved)) from where it was", figures: ["offset_ms": moved / 1_000_000])], drift: drift)
    }

    private static func text(_ span: Int64) -> String { (span < 0 ? "" : "+") + Duration.milliseconds(span / 1_000_000).text }

    // MARK: the rest

    /// Its timer is its only backstop: see `TimerBacked`.
    func foresee(_ undo: ClockUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: ClockUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func capabilities() async -> [CapabilityReport] { [await stepper.capability()] }
}
