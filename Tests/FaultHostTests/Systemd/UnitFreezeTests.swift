// Freezing: by the kernel's word, undone only where it is still ours.
import FaultModel
import Glibc
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite(.enabled(if: Cgroups.current == .unified, "systemd freezes by cgroup v2 only")) struct Freezes {
        private func inject(_ lab: UnitLab, _ names: [String]) async throws -> (UnitFreezes, UnitFreezeUndo, Evidence) {
            let freezes = UnitFreezes(systemd: lab.systemd)
            let change = UnitFreezeChange(units: names.map(lab.name))
            let undo = try await freezes.prepare(change, for: lab.fault)
            return (freezes, undo, try await freezes.apply(change, undo: undo, until: UnitLab.now() + .seconds(60)))
        }

        private static let busy = UnitLab.service("", "ExecStart=/bin/sh -c 'while :; do sleep 0.01; done'\nRestart=always\nRestartSec=50ms")

        private func thaw(_ lab: UnitLab, _ short: String) async throws {
            _ = try await lab.bus.call(BusCall("ThawUnit", [.string(lab.name(short))]))
        }

        @Test func aFrozenUnitStandsStillAndGoesOn() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", Self.busy)], start: ["a.service"])
                let (freezes, undo, evidence) = try await inject(lab, ["a.service"])
                #expect(evidence == Evidence(observations: [.init(lab.name("a.service"), "frozen")], drift: []))
                let again = await #expect(throws: Problem.self) {
                    try await freezes.prepare(UnitFreezeChange(units: [lab.name("a.service")]), for: lab.fault)
                }
                #expect(again?.type == .noEffect)
                #expect(try await freezes.revert(undo) == RevertOutcome(.restored, notes: ["\(lab.name("a.service")) was thawed"]))
                #expect(try await lab.properties(lab.name("a.service")).freezerState == "running")
                #expect(try await freezes.revert(undo) == RevertOutcome(.alreadyGone))
            }
        }

        @Test func aWatchdogThatWillBiteIsToldBeforehand() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.service("", "ExecStart=/bin/sleep 1000\nWatchdogSec=40s"))], start: ["a.service"])
                let (freezes, undo, evidence) = try await inject(lab, ["a.service"])
                #expect(evidence.notes?.first?.hasPrefix("\(lab.name("a.service")) has WatchdogSec=40s") == true, "\(evidence)")
                _ = try await freezes.revert(undo)
            }
        }

        @Test func somebodyElsesThawIsToldAndLeft() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", Self.busy)], start: ["a.service"])
                let (freezes, undo, _) = try await inject(lab, ["a.service"])
                try await thaw(lab, "a.service")
                #expect(try await freezes.observe(undo).drift == ["\(lab.name("a.service")) is not frozen: something thawed it"])
                #expect(try await freezes.revert(undo) == RevertOutcome(.alreadyGone))
            }
        }

        /// systemd 252 still calls it frozen then; the kernel does not.
        @Test func killedAndStartedAnewItIsNotFrozenWhateverTheManagerSays() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", Self.busy)], start: ["a.service"])
                let (freezes, undo, _) = try await inject(lab, ["a.service"])
                _ = try await lab.bus.call(BusCall("KillUnit", [.string(lab.name("a.service")), .string("all"), .int32(SIGKILL)]))
                let end = ContinuousClock.now + .seconds(5)
                while ContinuousClock.now < end {
                    let unit = try await lab.properties(lab.name("a.service"))
                    if unit.isRunning, unit.invocationID != undo.units[0].invocationID { break }
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(try await freezes.observe(undo).drift == ["\(lab.name("a.service")) is not frozen: it was started anew"])
                #expect(try await freezes.revert(undo).drift.isEmpty)
                #expect(try await lab.properties(lab.name("a.service")).freezerState == "running")
            }
        }

        @Test func stoppedMeanwhileNothingIsLeftToDo() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", Self.busy)], start: ["a.service"])
                let (freezes, undo, _) = try await inject(lab, ["a.service"])
                try await lab.stop("a.service")
                #expect(try await freezes.observe(undo).drift?.first?.hasSuffix("it is inactive (dead)") == true)
                #expect(try await freezes.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try await lab.state("a.service") == "inactive")
            }
        }

        @Test func frozenAgainBySomebodyElseAfterARestartItStaysSo() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", Self.busy)], start: ["a.service"])
                let (freezes, undo, _) = try await inject(lab, ["a.service"])
                try await lab.stop("a.service")
                try await lab.start("a.service")
                _ = try await lab.bus.call(BusCall("FreezeUnit", [.string(lab.name("a.service"))]))
                let outcome = try await freezes.revert(undo)
                #expect(outcome.result == .superseded && outcome.drift.count == 1)
                #expect(try await lab.properties(lab.name("a.service")).freezerState == "frozen")
                try await thaw(lab, "a.service")
            }
        }
    }
}
