// Signals and restarts: what comes back by itself, and what the end of the fault starts.
import FaultModel
import Glibc
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite struct Acts {
        private func inject(_ lab: UnitLab, _ act: UnitActChange.Act, _ names: [String], dependents: [String] = []) async throws
            -> (UnitActs, UnitActUndo, Evidence)
        {
            let acts = UnitActs(systemd: lab.systemd)
            let change = UnitActChange(act: act, units: names.map(lab.name), dependents: dependents.map(lab.name))
            let undo = try await acts.prepare(change, for: lab.fault)
            let deadline = UnitLab.now() + .seconds(60)
            _ = try await acts.arm(undo, until: deadline)
            return (acts, undo, try await acts.apply(change, undo: undo, until: deadline))
        }

        @Test func aKilledServiceWithoutRestartIsStartedAtTheEnd() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let (acts, undo, evidence) = try await inject(lab, .kill(.kill, whom: .main), ["a.service"])
                #expect(try await lab.state("a.service") == "failed")
                #expect(evidence.observations?.first?.state == "failed (failed), not back yet")
                #expect(evidence.observations?.first?.figures?["main_pid"] == nil)
                let outcome = try await acts.revert(undo)
                #expect(outcome == RevertOutcome(.restored, notes: ["\(lab.name("a.service")) was started again"]))
                #expect(try await lab.state("a.service") == "active")
                #expect(try await acts.revert(undo).result == .alreadyGone)
                #expect(try await lab.systemd.timers(of: acts.timer(undo)).isEmpty)
            }
        }

        @Test func restartBringsItBackAndTheEvidenceSaysHowFast() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("", "ExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=300ms"))], start: ["a.service"])
                let (acts, undo, _) = try await inject(lab, .kill(.kill, whom: .main), ["a.service"])
                // Ends by itself, when all are back.
                var last: Evidence.Observation?
                for await evidence in try #require(acts.follow(undo)) { last = evidence.observations?.first }
                let figures = try #require(last?.figures)
                #expect((300..<5000).contains(figures["back_after_ms"] ?? 0), "\(figures)")
                #expect(figures["main_pid"] != figures["main_pid_before"])
                #expect(figures["main_pid_before"] == undo.mainPIDs.values.first.map(Int64.init))
                #expect(last?.state.hasPrefix("active (running), again after ") == true)
                let running = try await lab.properties(lab.name("a.service")).invocationID
                #expect(try await acts.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try await lab.properties(lab.name("a.service")).invocationID == running)
            }
        }

        @Test func aSignalThatIsHandledIsNoEndAndNoError() async throws {
            try await UnitLab.with { lab in
                let trap = "ExecStart=/bin/sh -c 'trap \"touch /run/@.flag\" HUP; touch /run/@.ready; while :; do sleep 0.05; done'"
                try await lab.units([("a.service", UnitLab.service("", trap))], start: ["a.service"])
                let end = ContinuousClock.now + .seconds(5)
                while access("/run/\(lab.prefix).ready", F_OK) != 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
                let (acts, undo, evidence) = try await inject(lab, .kill(.hup, whom: .main), ["a.service"])
                #expect(evidence.observations?.first?.state == "active (running)")
                while access("/run/\(lab.prefix).flag", F_OK) != 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
                #expect(access("/run/\(lab.prefix).flag", F_OK) == 0)
                #expect(try await acts.revert(undo) == RevertOutcome(.alreadyGone))
                for name in ["flag", "ready"] { unlink("/run/\(lab.prefix).\(name)") }
            }
        }

        @Test func whatHasNoProcessIsRefusedAndWhatCantComeBackHasToBeAskedFor() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true")), ("b.service", UnitLab.sleeper)],
                    start: ["a.service", "b.service"])
                let acts = UnitActs(systemd: lab.systemd)
                for whom in UnitProcesses.allCases {
                    let kill = UnitActChange(act: .kill(.kill, whom: whom), units: [lab.name("a.service")])
                    let problem = await #expect(throws: Problem.self) { try await acts.prepare(kill, for: lab.fault) }
                    #expect(problem?.type == .noEffect)
                }
                try await lab.startTransient("t.service", requires: "b.service")
                let kill = UnitActChange(act: .kill(.kill, whom: .main), units: [lab.name("t.service")])
                #expect(try await acts.prepare(kill, for: lab.fault).irreversible.count == 1)
                let restart = UnitActChange(act: .restart, units: [lab.name("t.service")])
                #expect(await #expect(throws: Problem.self) { try await acts.prepare(restart, for: lab.fault) }?.type == .impossible)
                try await lab.stop("t.service")
            }
        }

        @Test func aRestartIsANewInvocationOfTheUnitAndOfWhatIsPartOfIt() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.sleeper), ("b.service", UnitLab.service("PartOf=@-a.service"))], start: ["a.service", "b.service"])
                let before = try await lab.properties(lab.name("b.service")).invocationID
                let (acts, undo, evidence) = try await inject(lab, .restart, ["a.service"], dependents: ["b.service"])
                let seen = try #require(evidence.observations?.first)
                #expect(seen.state.hasPrefix("active (running), again after "))
                #expect(seen.figures?["times"] == 1)
                #expect(try await lab.waits(for: "b.service", "active"))
                #expect(try await lab.properties(lab.name("b.service")).invocationID != before)
                #expect(try await acts.revert(undo) == RevertOutcome(.alreadyGone))
            }
        }

        /// It starts only while the flag is not there.
        @Test func aRestartThatFailsIsStartedAgainAtTheEnd() async throws {
            try await UnitLab.with { lab in
                let once = "ExecStartPre=/bin/sh -c '! test -e /run/@.flag'\nExecStart=/bin/sleep 1000"
                try await lab.units([("a.service", UnitLab.service("", once))], start: ["a.service"])
                try lab.raiseFlag()
                let acts = UnitActs(systemd: lab.systemd)
                let change = UnitActChange(act: .restart, units: [lab.name("a.service")])
                let undo = try await acts.prepare(change, for: lab.fault)
                let problem = await #expect(throws: Problem.self) { try await acts.apply(change, undo: undo, until: UnitLab.now() + .seconds(9)) }
                #expect(problem?.detail.contains("ended with \"failed\"") == true)
                lab.lowerFlag()
                #expect(try await acts.revert(undo).result == .restored)
                #expect(try await lab.state("a.service") == "active")
            }
        }

        @Test func withNobodyLeftTheTimerStartsIt() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let acts = UnitActs(systemd: lab.systemd)
                let change = UnitActChange(act: .kill(.kill, whom: .all), units: [lab.name("a.service")])
                let undo = try await acts.prepare(change, for: lab.fault)
                let deadline = UnitLab.now() + .seconds(1)
                #expect(try await acts.arm(undo, until: deadline)?.detail.contains("starts \(lab.name("a.service"))") == true)
                _ = try await acts.apply(change, undo: undo, until: deadline)
                #expect(try await lab.state("a.service") == "failed")
                #expect(try await lab.waits(for: "a.service", "active", .seconds(5)))
            }
        }
    }
}
