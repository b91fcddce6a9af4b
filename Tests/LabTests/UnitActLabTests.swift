// Signals to units, restarts, freezes and masks on a real systemd, seen from outside.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct UnitActs {
        private static let back = "\(UnitVictims.sleeper)\nRestart=always\nRestartSec=200ms"

        private func pid(_ unit: String) async throws -> String { try await UnitVictims.show("MainPID", unit) }

        @Test func aKilledUnitComesBackByRestartOrAtTheEnd() async throws {
            try await UnitVictims.with(["lab-back.service": Self.back, "lab-dead.service": UnitVictims.sleeper]) { client in
                let (back, dead) = (try await pid("lab-back"), try await pid("lab-dead"))
                let fault = try await client.inject("unit.kill", ["unit": "lab-*.service"])
                #expect(fault.backstop?.by == "systemd")
                try await Lab.eventually("the evidence tells who came back and when", within: .seconds(5)) {
                    let seen = try await client.fault(fault.id).document.evidence.observations ?? []
                    return seen.contains { $0.subject == "lab-back.service" && ($0.figures?["back_after_ms"] ?? 0) >= 200 }
                        && seen.contains { $0.subject == "lab-dead.service" && $0.state.contains("not back yet") }
                }
                #expect(try await Lab.state(of: "lab-dead") == "failed")
                #expect(try await Lab.node("test -e /proc/\(dead)").status != 0)
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                for (unit, old) in [("lab-back", back), ("lab-dead", dead)] {
                    #expect(try await Lab.state(of: unit) == "active")
                    #expect(try await pid(unit) != old)
                }
            }
        }

        @Test func aRestartInALoopHitsItAgainAndAgain() async throws {
            try await UnitVictims.with(["lab-loop.service": UnitVictims.sleeper]) { client in
                let fault = try await client.inject("unit.restart", ["unit": "lab-loop", "repeat_every": "1s"])
                var pids: Set<String> = []
                try await Lab.eventually("three rounds, three processes", within: .seconds(8)) {
                    pids.insert(try await pid("lab-loop"))
                    let times = try await client.fault(fault.id).document.evidence.observations?.first?.figures?["times"] ?? 0
                    return times >= 3 && pids.count >= 3
                }
                #expect(try await client.end(fault.id).document.clean == true)
                let last = try await pid("lab-loop")
                try await Task.sleep(for: .milliseconds(1500))
                #expect(try await pid("lab-loop") == last)
                #expect(try await Lab.state(of: "lab-loop") == "active")
            }
        }

        @Test func aFrozenUnitMakesNoProgressAndGoesOn() async throws {
            try await UnitVictims.with(["lab-steady.service": UnitVictims.steady]) { client in
                let before = try await pid("lab-steady")
                #expect(try await UnitVictims.progress() > 0)
                let fault = try await client.inject("unit.freeze", ["unit": "lab-steady"])
                #expect(try await UnitVictims.progress() == 0)
                #expect(try await UnitVictims.show("FreezerState", "lab-steady") == "frozen")
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await UnitVictims.progress() > 0)
                #expect(try await pid("lab-steady") == before)
            }
        }

        @Test func aMaskedUnitOfEtcCantBeStarted() async throws {
            try await UnitVictims.with(["lab-masked.service": UnitVictims.sleeper]) { client in
                // What people try first, and what comes of it.
                try await Lab.node("systemctl mask --runtime lab-masked.service")
                #expect(try await UnitVictims.show("LoadState", "lab-masked") == "loaded")
                try await Lab.node("systemctl unmask --runtime lab-masked.service")
                let fault = try await client.inject("unit.mask", ["unit": "lab-masked"])
                #expect(fault.notes.contains("goes on running until something stops it: lab-masked.service"))
                #expect(try await Lab.state(of: "lab-masked") == "active")
                let refused = try await Lab.node("systemctl restart lab-masked")
                #expect(refused.status != 0 && refused.text.contains("masked"), "\(refused.text)")
                #expect(try await Lab.node("systemctl stop lab-masked; systemctl start lab-masked").text.contains("masked"))
                #expect(try await Lab.state(of: "lab-masked") != "active")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                // Stopped by hand meanwhile: not started, and it can be.
                #expect(try await Lab.state(of: "lab-masked") != "active")
                #expect(try await Lab.node("systemctl start lab-masked").status == 0)
            }
        }

        @Test func stoppedAndMaskedItComesBackByItself() async throws {
            try await UnitVictims.with(["lab-masked.service": Self.back]) { client in
                let fault = try await client.inject("unit.mask", ["unit": "lab-masked", "stop": "true"])
                #expect(try await Lab.state(of: "lab-masked") == "inactive")
                #expect(try await Lab.node("systemctl start lab-masked").text.contains("masked"))
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await Lab.state(of: "lab-masked") == "active")
            }
        }

        private static let all: KeyValuePairs = [
            "lab-steady.service": UnitVictims.steady, "lab-masked.service": UnitVictims.sleeper, "lab-dead.service": UnitVictims.sleeper,
        ]

        private func injectAll(_ client: FaultClient, lease: String) async throws {
            for (kind, unit) in [("unit.freeze", "lab-steady"), ("unit.mask", "lab-masked"), ("unit.kill", "lab-dead")] {
                #expect(try await client.inject(kind, ["unit": unit], lease: lease).backstop?.by == "systemd")
            }
        }

        private func expectAllBack() async throws {
            try await Lab.eventually("all are as before", within: .seconds(4)) {
                let masked = try await UnitVictims.show("LoadState", "lab-masked")
                let frozen = try await UnitVictims.show("FreezerState", "lab-steady")
                let dead = try await Lab.state(of: "lab-dead")
                return masked == "loaded" && frozen == "running" && dead == "active"
            }
            #expect(try await UnitVictims.progress() > 0)
        }

        @Test func withNoDaemonAliveTheLeaseEndsAllTheSame() async throws {
            try await UnitVictims.with(Self.all) { client in
                var end = ContinuousClock.now
                try await UnitVictims.orphaned(client) {
                    try await injectAll(client, lease: "4s")
                    end = ContinuousClock.now + .seconds(4)
                } check: {
                    #expect(try await UnitVictims.show("FreezerState", "lab-steady") == "frozen")
                    #expect(try await UnitVictims.show("LoadState", "lab-masked") == "masked")
                    try await Task.sleep(until: end, clock: .continuous)
                    try await expectAllBack()
                    #expect(try await Lab.state(of: "faultd") != "active")
                }
            }
        }

        @Test func withDaemonAndJournalLostTheMarksAndTheTimersAreEnough() async throws {
            try await UnitVictims.with(Self.all) { client in
                try await UnitVictims.orphaned(client, losing: true) {
                    try await injectAll(client, lease: "60s")
                } check: {
                }
                // The start removed what carries a mark, long before the leases' end.
                try await expectAllBack()
            }
        }

        @Test(arguments: [
            ("unit.freeze", "dbus", "", 403, "protected"), ("unit.kill", "systemd-journal*", "", 403, "protected"),
            ("unit.mask", "faultd", "", 403, "protected"), ("unit.restart", "nothing-*", "", 422, "no unit of this node matches nothing-*"),
            ("unit.kill", "docker.socket", "", 422, "none of .service"), ("unit.freeze", "dockre", "", 422, "did you mean docker.service?"),
            ("unit.limit", "docker", "cpu_quota=20", 400, "20%"),
        ])
        func refusedAndNothingTouched(_ kind: String, _ unit: String, _ more: String, _ status: Int, _ says: String) async throws {
            try await Lab.restoring { client in
                let words = more.split(separator: "=").map(String.init)
                let form = [("kind", kind), ("unit", unit)] + (words.count == 2 ? [(words[0], words[1])] : [])
                let problem = await #expect(throws: Problem.self) { try await client.create(form: form) }
                #expect(problem?.status == status, "\(String(describing: problem))")
                #expect(problem?.description.contains(says) == true, "\(String(describing: problem))")
            }
        }

        @Test func theSecondHoldOnAUnitNamesTheFirst() async throws {
            try await UnitVictims.with(["lab-masked.service": UnitVictims.sleeper]) { client in
                let first = try await client.inject("unit.mask", ["unit": "lab-masked"])
                for kind in ["unit.kill", "unit.stop", "unit.freeze"] {
                    let problem = await #expect(throws: Problem.self) { try await client.inject(kind, ["unit": "lab-masked"]) }
                    #expect(problem?.status == 409)
                    #expect(problem?.detail.contains(first.id.text) == true)
                }
            }
        }
    }
}
