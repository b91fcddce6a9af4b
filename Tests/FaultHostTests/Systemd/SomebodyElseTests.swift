// What an operator does to a unit while a fault holds it stays as they want it.
import FaultModel
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite struct SomebodyElse {
        @Test func startedMeanwhile() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                try await lab.start("a.service")
                let theirs = try await lab.properties(lab.name("a.service")).invocationID
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome == RevertOutcome(.superseded, notes: ["\(lab.name("a.service")) was started by somebody else"]))
                #expect(try await lab.properties(lab.name("a.service")).invocationID == theirs)
            }
        }

        /// A unit file in /run can't be masked there, so the mask goes where an operator's would: /etc.
        @Test func maskedMeanwhile() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper), ("b.service", UnitLab.sleeper)], start: ["a.service", "b.service"])
                let names = [lab.name("a.service"), lab.name("b.service")]
                let undo = try await lab.inject(UnitChange(units: names, triggers: [], dependents: []))
                _ = try await lab.bus.call(BusCall("MaskUnitFiles", [.strings([names[0]]), .bool(false), .bool(true)]))
                _ = try await lab.bus.call(BusCall("Reload"))
                #expect(try await lab.properties(names[0]).loadState == "masked")
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.result == .superseded)
                #expect(outcome.drift.count == 1 && outcome.drift[0].contains("\(names[0]) was active and is not: it was masked meanwhile"))
                #expect(try await lab.state("a.service") == "inactive")
                #expect(try await lab.state("b.service") == "active")
                _ = try await lab.bus.call(BusCall("UnmaskUnitFiles", [.strings([names[0]]), .bool(false)]))
                #expect(try await lab.systemd.timers(of: undo.timer) == [])
            }
        }

        /// While it lasts, the fault says that it is not wholly in force, and no longer than that is true.
        @Test func whatRunsThoughItIsHeldDownIsDrift() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper), ("b.service", UnitLab.sleeper)], start: ["a.service", "b.service"])
                let name = lab.name("a.service")
                let undo = try await lab.inject(UnitChange(units: [name, lab.name("b.service")], triggers: [], dependents: []))
                #expect(try await lab.systemd.observe(undo).drift == [])
                try await lab.start("a.service")
                #expect(
                    try await lab.systemd.observe(undo).drift == ["\(name) is active (running) though the fault holds it down: something started it"])
                try await lab.stop("a.service")
                #expect(try await lab.systemd.observe(undo).drift == [])
                #expect(try await lab.systemd.revert(undo).drift == [])
                // What is up again because the fault is over is no drift.
                #expect(try await lab.systemd.observe(undo).drift == [])
            }
        }

        @Test func maskedThoughItRuns() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let name = lab.name("a.service")
                let undo = try await lab.inject(try await lab.change("a.service"))
                try await lab.start("a.service")
                _ = try await lab.bus.call(BusCall("MaskUnitFiles", [.strings([name]), .bool(false), .bool(true)]))
                _ = try await lab.bus.call(BusCall("Reload"))
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.drift == ["\(name) is masked and was loaded: somebody else changed that"])
                #expect(try await lab.state("a.service") == "active")
                _ = try await lab.bus.call(BusCall("UnmaskUnitFiles", [.strings([name]), .bool(false)]))
            }
        }

        /// It was down before the fault, which had nothing to do with it.
        @Test func startedThoughItWasDownBefore() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper), ("b.service", UnitLab.sleeper)], start: ["a.service"])
                let (up, down) = (lab.name("a.service"), lab.name("b.service"))
                let undo = try await lab.inject(UnitChange(units: [up, down], triggers: [], dependents: []))
                try await lab.start("b.service")
                #expect(try await lab.systemd.revert(undo).drift == ["\(down) is active and was inactive: somebody else changed that"])
                #expect(try await lab.state("b.service") == "active")
            }
        }

        @Test func disabledMeanwhile() async throws {
            try await UnitLab.with { lab in
                let name = lab.name("a.service")
                try await lab.units([("a.service", UnitLab.sleeper + "[Install]\nWantedBy=multi-user.target\n")], start: ["a.service"])
                _ = try await lab.bus.call(BusCall("EnableUnitFiles", [.strings([name]), .bool(true), .bool(true)]))
                _ = try await lab.bus.call(BusCall("Reload"))
                let undo = try await lab.inject(try await lab.change("a.service"))
                _ = try await lab.bus.call(BusCall("DisableUnitFiles", [.strings([name]), .bool(true)]))
                _ = try await lab.bus.call(BusCall("Reload"))
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.result == .restored)
                #expect(outcome.drift == ["\(name) is disabled and was enabled-runtime: somebody else changed that"])
                #expect(try await lab.state("a.service") == "active")
            }
        }

        @Test func removedMeanwhile() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                lab.removeFile(of: "a.service")
                _ = try await lab.bus.call(BusCall("Reload"))
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.result == .superseded)
                #expect(outcome.drift == ["\(lab.name("a.service")) was active and is not: its unit file was removed meanwhile"])
            }
        }

        /// The socket can't listen once its service runs without it: said, not retried for ever.
        @Test func serviceStartedWithoutItsSocket() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.socket", "[Socket]\nListenStream=/run/@.sock\n"), ("a.service", UnitLab.sleeper)], start: ["a.socket", "a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                try await lab.start("a.service")
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.result == .superseded)
                #expect(outcome.drift.first?.contains("\(lab.name("a.service")) was started without it meanwhile") == true)
            }
        }

        @Test func conditionsThatNoLongerHold() async throws {
            try await UnitLab.with { lab in
                try lab.raiseFlag()
                try await lab.units([("a.service", UnitLab.service("ConditionPathExists=/run/@.flag"))], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                lab.lowerFlag()
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.result == .superseded)
                #expect(outcome.drift.first?.contains("conditions") == true)
            }
        }

        /// A start that fails is for the engine to repeat, and the backstop stays until one works.
        @Test func aStartThatFailsIsAProblem() async throws {
            try await UnitLab.with { lab in
                try lab.raiseFlag()
                defer { lab.lowerFlag() }
                try await lab.units(
                    [("a.service", UnitLab.service("", "ExecStartPre=/bin/test -e /run/@.flag\nExecStart=/bin/sleep 1000"))], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                lab.lowerFlag()
                let problem = await #expect(throws: Problem.self) { try await lab.systemd.revert(undo) }
                #expect(problem?.type == .hostFailure)
                #expect(problem?.detail.contains("\(lab.name("a.service")) could not be started: failed") == true)
                #expect(try await lab.systemd.timers(of: undo.timer).count == 1)
                try lab.raiseFlag()
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(try await lab.systemd.timers(of: undo.timer).isEmpty)
            }
        }

        /// `Upholds=` starts a unit again as soon as it is down: the stop had no effect, and the Problem says whose doing it is.
        @Test func upheldByAnother() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.sleeper), ("b.service", UnitLab.service("Upholds=@-a.service"))], start: ["b.service", "a.service"])
                let change = try await lab.change("a.service")
                let undo = try await lab.prepare(change)
                let problem = await #expect(throws: Problem.self) {
                    _ = try await lab.systemd.apply(change, undo: undo, until: UnitLab.now())
                    for await evidence in try #require(lab.systemd.follow(undo)) where evidence.units?.first?.selfHealedAfter != nil {
                        throw Problem(.noEffect, "\(lab.name("b.service"))")
                    }
                }
                #expect(problem?.type == .noEffect)
                #expect(problem?.detail.contains(lab.name("b.service")) == true)
                _ = try await lab.systemd.revert(undo)
                try await lab.stop("b.service")
            }
        }

        /// The service takes 0.3 s to start: it counts as back when it is active, not while it activates.
        @Test func comingBackByItselfIsSeen() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("", "ExecStartPre=/bin/sleep 0.3\nExecStart=/bin/sleep 1000"))], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                let news = try #require(lab.systemd.follow(undo))
                let starter = Task {
                    try await Task.sleep(for: .milliseconds(400))
                    try await lab.start("a.service")
                }
                var healed: Evidence?
                for await evidence in news where evidence.units?.first?.selfHealedAfter != nil {
                    healed = evidence
                    break
                }
                try await starter.value
                let after = try #require(healed?.units?.first?.selfHealedAfter?.duration)
                #expect(after >= .milliseconds(650) && after < .seconds(3), "\(after)")
                #expect(healed?.notes?.first?.contains("became active again after") == true)
                #expect(try await lab.systemd.observe(undo).units?.first?.state == "active (running)")
            }
        }

        /// The connection breaks with the manager, and the news goes on over a new one.
        @Test func followingOutlivesTheManagersReexecution() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                let news = try #require(lab.systemd.follow(undo))
                let starter = Task {
                    try await Task.sleep(for: .milliseconds(200))
                    _ = try? await lab.bus.call(BusCall("Reexecute"), limit: .milliseconds(300))
                    try await Task.sleep(for: .seconds(1))
                    try await lab.start("a.service")
                }
                for await evidence in news where evidence.units?.first?.selfHealedAfter != nil { break }
                try await starter.value
                #expect(try await lab.systemd.observe(undo).units?.first?.selfHealedAfter != nil)
            }
        }

        @Test func followingEndsWithTheRevert() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                let news = try #require(lab.systemd.follow(undo))
                let seen = Task { () -> [Evidence] in
                    var all: [Evidence] = []
                    for await evidence in news { all.append(evidence) }
                    return all
                }
                try await Task.sleep(for: .milliseconds(100))
                _ = try await lab.systemd.revert(undo)
                let all = await seen.value
                #expect(all.count == 1)
                #expect(all.allSatisfy { $0.units?.first?.selfHealedAfter == nil })
            }
        }
    }
}
