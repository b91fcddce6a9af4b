// The timer that undoes the fault when nobody else does.
import FaultModel
import FoundationEssentials
import Glibc
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite struct Backstops {
        /// The lease of 2 s and the grace of half a second are over, and the unit is active soon after.
        private func expectOnTime(_ lab: UnitLab, _ start: Int64) async throws {
            let took = Duration.nanoseconds(try await lab.activeSince("a.service") - start)
            #expect(took >= .milliseconds(2500) && took < .milliseconds(3500), "\(took)")
        }

        /// Nobody calls anything after the injection: systemd alone brings the units back.
        @Test func unitsComeBackWithNobodyThere() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [
                        ("a.socket", "[Socket]\nListenStream=/run/@.sock\n"), ("a.service", UnitLab.service("Requires=@-a.socket")),
                        ("b.service", UnitLab.service("BindsTo=@-a.service\nAfter=@-a.service")),
                    ], start: ["a.socket", "a.service", "b.service"])
                let change = try await lab.change("a.service")
                let start = monotonicNow()
                let undo = try await lab.inject(change, lease: .seconds(2))
                #expect(try await lab.waits(for: "a.service", "active"))
                try await expectOnTime(lab, start)
                for name in ["a.socket", "b.service"] { #expect(try await lab.waits(for: name, "active", .seconds(1)), "\(name)") }
                try await Task.sleep(for: .milliseconds(200))
                #expect(try await lab.systemd.inventory().filter { $0.fault == lab.fault }.isEmpty)
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.result == .alreadyGone && outcome.drift.isEmpty)
                #expect(outcome.notes.contains("\(lab.name("a.service")) runs again: the backstop timer, or an earlier revert, has started it"))
            }
        }

        /// Foreseeing leaves nothing behind, and says what arming then does.
        @Test func whatIsForeseenIsWhatIsArmed() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let undo = try await lab.systemd.prepare(lab.change("a.service"), for: lab.fault)
                let deadline = UnitLab.now() + .seconds(60)
                let foreseen = try await lab.systemd.foresee(undo, until: deadline)
                #expect(try await lab.systemd.inventory().filter { $0.fault == lab.fault }.isEmpty)
                #expect(try await lab.systemd.arm(undo, until: deadline) == foreseen)
                try await lab.systemd.disarm(undo.timer)
            }
        }

        /// One unit is masked and another can't start: the third still comes back.
        @Test func oneBadUnitDoesNotHoldTheOthers() async throws {
            try await UnitLab.with { lab in
                try lab.raiseFlag()
                try await lab.units(
                    [
                        ("a.service", UnitLab.sleeper), ("c.service", UnitLab.sleeper),
                        ("b.service", UnitLab.service("", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/test -e /run/@.flag")),
                    ], start: ["a.service", "b.service", "c.service"])
                let names = ["a", "b", "c"].map { lab.name($0 + ".service") }
                try await lab.inject(UnitChange(units: names, triggers: [], dependents: []), lease: .milliseconds(200))
                lab.lowerFlag()
                _ = try await lab.bus.call(BusCall("MaskUnitFiles", [.strings([names[0]]), .bool(false), .bool(true)]))
                _ = try await lab.bus.call(BusCall("Reload"))
                #expect(try await lab.waits(for: "c.service", "active", .seconds(5)))
                #expect(try await lab.state("a.service") == "inactive")
                _ = try await lab.bus.call(BusCall("UnmaskUnitFiles", [.strings([names[0]]), .bool(false)]))
            }
        }

        /// The program is run with the fault's id, and its absence or failure is no failure.
        @Test func theRevertCommandRuns() async throws {
            var settings = UnitLab.settings
            settings.revertCommand = ["/bin/sh", "-c", "echo \"$@\" > /run/ht-revert-\"$2\"", "revert"]
            try await UnitLab.with(settings) { lab in
                let proof = "\(TestManager.root)/run/ht-revert-\(lab.fault.text)"
                defer { unlink(proof) }
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                try await lab.inject(try await lab.change("a.service"), lease: .milliseconds(200))
                #expect(try await lab.waits(for: "a.service", "active", .seconds(5)))
                try await Task.sleep(for: .milliseconds(300))
                #expect(try String(contentsOfFile: proof, encoding: .utf8) == "--fault \(lab.fault.text)\n")
            }
        }

        @Test func aCommandThatIsNotThereIsNoHindrance() async throws {
            var settings = UnitLab.settings
            settings.revertCommand = ["/nonexistent/faultd", "revert"]
            try await UnitLab.with(settings) { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                try await lab.inject(try await lab.change("a.service"), lease: .milliseconds(200))
                #expect(try await lab.waits(for: "a.service", "active", .seconds(5)))
            }
        }

        /// At every moment during renewals at least one timer is active, and the last deadline counts.
        @Test func renewalMovesItWithoutAGap() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let change = try await lab.change("a.service")
                let (start, begun) = (UnitLab.now(), monotonicNow())
                let undo = try await lab.inject(change, lease: .milliseconds(500))
                let watcher = Task { () -> Int in
                    var gaps = 0
                    while !Task.isCancelled { if try await lab.systemd.timers(of: undo.timer).isEmpty { gaps += 1 } }
                    return gaps
                }
                for _ in 0..<10 { _ = try await lab.systemd.arm(undo, until: start + .milliseconds(2000)) }
                watcher.cancel()
                #expect(try await watcher.value == 0)
                #expect(try await lab.systemd.timers(of: undo.timer).count == 1)
                #expect(try await lab.waits(for: "a.service", "active"))
                try await expectOnTime(lab, begun)
            }
        }

        /// Both timers are there when the daemon died in the middle of a renewal.
        @Test func aHalfDoneRenewalIsFinishedByTheNext() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let undo = try await lab.prepare(try await lab.change("a.service"))
                let deadline = UnitLab.now() + .seconds(60)
                _ = try await lab.systemd.arm(undo, until: deadline)
                let both = undo.timer.names
                try await lab.systemd.start(both[1], undo.timer, at: .nanoseconds(monotonicNow()) + .seconds(60))
                #expect(try await lab.systemd.timers(of: undo.timer).count == 2)
                _ = try await lab.systemd.arm(undo, until: deadline)
                #expect(try await lab.systemd.timers(of: undo.timer).count == 1)
                _ = try await lab.systemd.revert(undo)
                #expect(try await lab.systemd.inventory().filter { $0.fault == lab.fault }.isEmpty)
            }
        }

        @Test func inventorySeesItAndRemovesIt() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                try await lab.inject(try await lab.change("a.service"))
                let name = "faultd-\(lab.fault.text.lowercased()).timer"
                let found = try await lab.systemd.inventory().filter { $0.fault == lab.fault }
                #expect(found == [Artefact(mechanism: .units, fault: lab.fault, name: name)])
                for artefact in found { try await lab.systemd.remove(artefact) }
                #expect(try await lab.systemd.inventory().filter { $0.fault == lab.fault }.isEmpty)
                for artefact in found { try await lab.systemd.remove(artefact) }
                await #expect(throws: Problem.self) {
                    try await lab.systemd.remove(Artefact(mechanism: .units, fault: lab.fault, name: lab.name("a.service")))
                }
            }
        }

        @Test func revertRemovesIt() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                #expect(try await lab.systemd.timers(of: undo.timer) == [undo.timer.name])
                _ = try await lab.systemd.revert(undo)
                #expect(try await lab.systemd.timers(of: undo.timer) == [])
                for suffix in ["timer", "service"] {
                    #expect(try await lab.properties("\(undo.timer.name).\(suffix)").loadState == "not-found")
                }
            }
        }

        /// `systemctl daemon-reload` and `daemon-reexec` between arming and firing change nothing; the broken connection is made anew.
        @Test(arguments: ["Reload", "Reexecute"])
        func itOutlivesAManagerThatStartsOver(how: String) async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let start = monotonicNow()
                let undo = try await lab.inject(try await lab.change("a.service"), lease: .seconds(2))
                try await Task.sleep(for: .seconds(1))
                // A manager that re-executes itself does not answer that call.
                _ = try? await lab.bus.call(BusCall(how), limit: .milliseconds(500))
                #expect(try await lab.systemd.timers(of: undo.timer) == [undo.timer.name])
                #expect(try await lab.state("a.service") == "inactive")
                #expect(try await lab.waits(for: "a.service", "active"))
                try await expectOnTime(lab, start)
            }
        }

        /// The deadline passes while the manager is busy reading unit files: it is made up for right after, not skipped.
        @Test func aDeadlineDuringAReloadIsMadeUpFor() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let folder = "\(TestManager.root)/run/systemd/system-generators"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let slow = "\(folder)/\(lab.prefix)-slow"
                let start = monotonicNow()
                try await lab.inject(try await lab.change("a.service"), lease: .seconds(2))
                try "#!/bin/sh\nsleep 1.5\n".write(toFile: slow, atomically: true, encoding: .utf8)
                chmod(slow, 0o755)
                defer { unlink(slow) }
                try await Task.sleep(for: .nanoseconds(start + 2_200_000_000 - monotonicNow()))
                _ = try await lab.bus.call(BusCall("Reload"))
                unlink(slow)
                #expect(monotonicNow() - start > 3_500_000_000)
                #expect(try await lab.waits(for: "a.service", "active"))
                let took = Duration.nanoseconds(try await lab.activeSince("a.service") - start)
                #expect(took >= .milliseconds(3500) && took < .milliseconds(4500), "\(took)")
                try await Task.sleep(for: .milliseconds(200))
                #expect(try await lab.systemd.inventory().filter { $0.fault == lab.fault }.isEmpty)
            }
        }
    }
}
