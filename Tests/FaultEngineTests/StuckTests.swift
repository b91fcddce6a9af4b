// What can't be undone yet: told everywhere, and tried for ever.
import FaultModel
import FaultTesting
import Testing

@testable import FaultEngine

@Suite struct StuckTests {
    @Test func thePauseNeverGrowsBeyondHalfAMinute() {
        let pauses = (1...2000).map(FaultTransition.backOff)
        #expect(pauses.first == .milliseconds(500) && pauses.max() == .seconds(30) && pauses.last == .seconds(30))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(FaultTransition.backOff(attempt: .max) == .seconds(30))
    }

    /// Lets others run, until the time limit ends the test.
    private func turn() async throws {
        try Task.checkCancellation()
        await Task.yield()
    }

    /// Each half minute brings at least one attempt, a thousand times over, and the first after the mending ends it.
    @Test(.timeLimit(.minutes(2))) func aThousandFailuresLaterItIsStillTried() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("network.drop", ["port": "443"], lease: .seconds(600))
        let since = bench.clock.now().wall
        bench.host.breakVerb("revert packets")
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        // Past the lease: from here on nobody but the pause sleeps.
        await bench.pass(.seconds(600))
        for _ in 1...1000 {
            let tried = bench.host.log.count { $0 == "revert packets" }
            while bench.clock.sleeperCount == 0 { try await turn() }
            bench.clock.advance(by: .seconds(30))
            while bench.host.log.count(where: { $0 == "revert packets" }) == tried { try await turn() }
        }
        let stuck = try await bench.controller.fault(fault.id)
        #expect(stuck.state == .stuck && stuck.stuck_since == since)
        #expect((stuck.revert_attempts ?? 0) >= 1000)
        #expect(bench.controller.stuckCount == 1)
        bench.host.mendVerb("revert packets")
        while bench.clock.sleeperCount == 0 { try await turn() }
        bench.clock.advance(by: .seconds(30))
        let ended = try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5))
        #expect(ended.state == .reverted && ended.revert_attempts == nil && ended.stuck_since == nil)
        #expect(bench.host.text() == before)
        #expect(bench.controller.stuckCount == 0)
    }

    @Test func theCountFollowsEveryFault() async throws {
        let bench = Bench()
        let first = try await bench.inject("network.drop", ["port": "1"])
        let second = try await bench.inject("network.drop", ["port": "2"])
        bench.host.breakVerb("revert packets")
        #expect(bench.controller.stuckCount == 0)
        _ = try await bench.controller.end(first.id, by: Bench.caller)
        #expect(bench.controller.stuckCount == 1)
        _ = try await bench.controller.end(second.id, by: Bench.caller)
        #expect(bench.controller.stuckCount == 2)
        bench.host.mendVerb("revert packets")
        _ = try await bench.controller.end(first.id, by: Bench.caller)
        #expect(bench.controller.stuckCount == 1)
    }
}
