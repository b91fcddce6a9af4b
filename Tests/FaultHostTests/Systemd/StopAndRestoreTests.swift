// Units go down, stay down and come back as they were.
import FaultModel
import Glibc
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite struct StopAndRestore {
        @Test func aServiceStopsAndComesBack() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let change = try await lab.change("a.service")
                let undo = try await lab.prepare(change)
                let deadline = UnitLab.now() + .seconds(60)
                _ = try await lab.systemd.arm(undo, until: deadline)
                let evidence = try await lab.systemd.apply(change, undo: undo, until: deadline)
                #expect(evidence.units == [.init(unit: lab.name("a.service"), state: "inactive (dead)")])
                #expect(try await lab.state("a.service") == "inactive")
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome == RevertOutcome(.restored, notes: ["\(lab.name("a.service")) was started again"]))
                #expect(try await lab.state("a.service") == "active")
            }
        }

        @Test func restartAlwaysStaysDown() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("", "ExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=100ms"))], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                try await Task.sleep(for: .milliseconds(500))
                #expect(try await lab.state("a.service") == "inactive")
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(try await lab.state("a.service") == "active")
            }
        }

        @Test(arguments: ["", "Requires=@-a.socket\n"])
        func aSocketDoesNotBringItBack(unit: String) async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [
                        ("a.socket", "[Socket]\nListenStream=/run/@.sock\n"),
                        ("a.service", UnitLab.service(unit, "ExecStart=/bin/sleep 1000")),
                    ], start: ["a.socket", "a.service"])
                let path = "\(TestManager.root)/run/\(lab.prefix).sock"
                #expect(connectTo(path) == 0)
                let change = try await lab.change("a.service")
                #expect(change.triggers == [lab.name("a.socket")])
                let undo = try await lab.inject(change)
                #expect([ECONNREFUSED, ENOENT].contains(connectTo(path)))
                try await Task.sleep(for: .milliseconds(200))
                #expect(try await lab.state("a.service") == "inactive")
                #expect(try await lab.state("a.socket") == "inactive")
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(connectTo(path) == 0)
                #expect(try await lab.state("a.service") == "active")
                #expect(try await lab.state("a.socket") == "active")
            }
        }

        @Test func aTimerDoesNotBringItBack() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.sleeper), ("a.timer", "[Timer]\nOnActiveSec=1s\nOnUnitInactiveSec=300ms\nAccuracySec=1ms\n")],
                    start: ["a.service", "a.timer"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                try await Task.sleep(for: .milliseconds(1500))
                #expect(try await lab.state("a.service") == "inactive")
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(try await lab.state("a.timer") == "active")
                #expect(try await lab.state("a.service") == "active")
            }
        }

        /// B requires A, C is bound to A, D is part of A, E requires A and is requisite of F; G only wants A and must not be touched.
        @Test func dependentsGoDownAndComeBack() async throws {
            try await UnitLab.with { lab in
                let all = ["a", "b", "c", "d", "e", "f", "g"].map { $0 + ".service" }
                try await lab.units(
                    [
                        ("a.service", UnitLab.sleeper),
                        ("b.service", UnitLab.service("Requires=@-a.service\nAfter=@-a.service")),
                        ("c.service", UnitLab.service("BindsTo=@-a.service\nAfter=@-a.service")),
                        ("d.service", UnitLab.service("PartOf=@-a.service")),
                        ("e.service", UnitLab.service("Requires=@-a.service\nAfter=@-a.service")),
                        ("f.service", UnitLab.service("Requisite=@-e.service\nAfter=@-e.service")),
                        ("g.service", UnitLab.service("Wants=@-a.service")),
                        ("h.service", UnitLab.service("Requires=@-a.service")),
                    ], start: all)
                let before = try await lab.properties(lab.name("g.service")).invocationID
                let change = try await lab.change("a.service")
                #expect(Set(change.dependents) == Set(["b", "c", "d", "e", "f"].map { lab.name($0 + ".service") }))
                let undo = try await lab.inject(change)
                for name in all.dropLast() { #expect(try await lab.waits(for: name, "inactive", .seconds(1)), "\(name)") }
                #expect(try await lab.systemd.revert(undo).result == .restored)
                for name in all { #expect(try await lab.state(name) == "active", "\(name)") }
                #expect(try await lab.state("h.service") == "inactive")
                #expect(try await lab.properties(lab.name("g.service")).invocationID == before)
            }
        }

        /// A dependent without an order to the unit ends later than the unit; the stop is done when both are down.
        @Test func aSlowDependentIsWaitedFor() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [
                        ("a.service", UnitLab.sleeper),
                        ("b.service", UnitLab.service("Requires=@-a.service", "ExecStart=/bin/sleep 1000\nExecStop=/bin/sleep 0.5")),
                    ], start: ["a.service", "b.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                #expect(try await lab.state("b.service") == "inactive")
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(try await lab.state("b.service") == "active")
            }
        }

        /// What was down before stays down, failed stays failed.
        @Test func whatWasNotActiveIsLeft() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("", "ExecStart=/bin/false")), ("b.service", UnitLab.sleeper)], start: ["b.service"])
                _ = await lab.bus.run([BusCall("StartUnit", [.string(lab.name("a.service")), .string("replace")])], limit: .seconds(5))
                #expect(try await lab.waits(for: "a.service", "failed"))
                let names = [lab.name("a.service"), lab.name("b.service")]
                let undo = try await lab.inject(UnitChange(units: names, triggers: [], dependents: []))
                #expect(try await lab.systemd.revert(undo).notes == ["\(names[1]) was started again"])
                #expect(try await lab.state("a.service") == "failed")
                #expect(try await lab.state("b.service") == "active")
            }
        }

        @Test func aFinishedOneshotIsActiveAgain() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true"))], start: ["a.service"])
                let undo = try await lab.inject(try await lab.change("a.service"))
                #expect(try await lab.state("a.service") == "inactive")
                _ = try await lab.systemd.revert(undo)
                #expect(try await lab.properties(lab.name("a.service")).state == "active (exited)")
            }
        }

        @Test func aServiceThatWaitsForItsRestartIsStartedAgain() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.service("", "ExecStart=/bin/false\nRestart=always\nRestartSec=30"))])
                _ = await lab.bus.run([BusCall("StartUnit", [.string(lab.name("a.service")), .string("replace")])], limit: .seconds(5))
                #expect(try await lab.waits(for: "a.service", "activating"))
                let undo = try await lab.inject(try await lab.change("a.service"))
                #expect(try await lab.state("a.service") != "activating")
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(try await lab.waits(for: "a.service", "activating"))
            }
        }

        /// DefaultStartLimitBurst= is 5 starts in 10 s; docker.service allows 3 in a minute.
        @Test func manyShortFaultsDoNotUseUpTheStartLimit() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("StartLimitBurst=3\nStartLimitIntervalSec=60", "ExecStart=/bin/sleep 1000"))],
                    start: ["a.service"])
                for _ in 0..<6 {
                    let undo = try await lab.inject(try await lab.change("a.service"))
                    #expect(try await lab.systemd.revert(undo).result == .restored)
                }
                #expect(try await lab.state("a.service") == "active")
            }
        }

        /// A service that ends with an error on SIGTERM is "failed" afterwards; it must be active and not failed in the end.
        @Test func aServiceThatDiesBadlyComesBack() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [("a.service", UnitLab.service("", "ExecStart=/bin/sh -c 'trap \"exit 3\" TERM; while :; do sleep 0.1; done'"))],
                    start: ["a.service"])
                try await Task.sleep(for: .milliseconds(200))
                let undo = try await lab.inject(try await lab.change("a.service"))
                #expect(try await lab.state("a.service") == "failed")
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(try await lab.state("a.service") == "active")
            }
        }

        @Test func revertIsSafeTwiceAndWithoutApply() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let change = try await lab.change("a.service")
                let before = try await lab.properties(lab.name("a.service")).invocationID
                let undo = try await lab.prepare(change)
                #expect(try await lab.systemd.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try await lab.properties(lab.name("a.service")).invocationID == before)
                try await lab.inject(change)
                #expect(try await lab.systemd.revert(undo).result == .restored)
                #expect(try await lab.systemd.revert(undo) == RevertOutcome(.alreadyGone))
            }
        }
    }
}
