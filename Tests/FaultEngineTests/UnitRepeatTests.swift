// Acts on units, again and again: each round is undone, and what is back is not remembered twice.
import FaultEngine
import FaultModel
import FaultTesting
import Testing

@Suite struct UnitRepeatTests {
    @Test func whatRunsAgainIsHitAgainAndRememberedOnce() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("unit.kill", ["unit": "app-1", "repeat_every": "10s"])
        for _ in 0..<3 { await bench.pass(.seconds(10)) }
        #expect(bench.host.log.filter { $0 == "apply unit-acts" }.count == 4)
        #expect(bench.journal.contents.faults[fault.id]?.changes.count == 1)
        #expect(try await bench.controller.end(fault.id, by: Bench.caller).clean == true)
        #expect(bench.host.text() == before)
    }

    /// The first round takes down one that stays down and one that comes back; the later ones hit only the second, and the first is not forgotten.
    @Test func whatStaysDownIsStartedAtTheEndThoughLaterRoundsHitOnlyOthers() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("unit.kill", ["unit": "app-*.service", "repeat_every": "10s"])
        for _ in 0..<2 { await bench.pass(.seconds(10)) }
        #expect(bench.host.log.filter { $0 == "apply unit-acts" }.count == 3)
        #expect(bench.host.text().contains("app-2.service inactive"))
        #expect(bench.journal.contents.faults[fault.id]?.changes.count == 2)
        #expect(try await bench.controller.end(fault.id, by: Bench.caller).clean == true)
        #expect(bench.host.text() == before)
    }

    @Test func aProtectedUnitIsRefusedHoweverItIsNamed() async throws {
        let bench = Bench()
        for kind in ["unit.kill", "unit.restart", "unit.freeze", "unit.mask"] {
            for unit in ["ssh", "ssh*", "needs-ssh"] where unit != "needs-ssh" || kind == "unit.kill" || kind == "unit.restart" {
                let problem = await #expect(throws: Problem.self) { try await bench.inject(kind, ["unit": unit]) }
                #expect(problem?.type == .protectedTarget, "\(kind) \(unit)")
            }
        }
        let limit = await #expect(throws: Problem.self) { try await bench.inject("unit.limit", ["unit": "ssh", "tasks_max": "1"]) }
        #expect(limit?.type == .protectedTarget)
    }

    @Test func twoFaultsOnOneUnitClashButALimitAndAKillDoNot() async throws {
        let bench = Bench()
        let limit = try await bench.inject("unit.limit", ["unit": "app-1", "cpu_quota": "20%"])
        _ = try await bench.inject("unit.kill", ["unit": "app-1"])
        let clash = await #expect(throws: Problem.self) { try await bench.inject("unit.limit", ["unit": "app-1", "tasks_max": "5"]) }
        #expect(clash?.type == .conflict)
        #expect(clash?.detail.contains(limit.id.text) == true)
        let frozen = await #expect(throws: Problem.self) { try await bench.inject("unit.freeze", ["unit": "app-1"]) }
        #expect(frozen?.type == .conflict)
    }
}
