// What the engine counts, by what happened on the model node.
import FaultModel
import FaultTesting
import Testing

@testable import FaultEngine

@Suite struct MetricsTests {
    @Test func aHistogramCountsUpToEachBound() {
        var histogram = Histogram(bounds: [0.1, 1, 10])
        for milliseconds in [50, 100, 101, 1000, 9_999, 60_000] { histogram.observe(.milliseconds(milliseconds)) }
        #expect(histogram.cumulative == [2, 4, 5])
        #expect(histogram.count == 6)
        #expect(abs(histogram.sum - 71.25) < 1e-9)
    }

    @Test func liveFaultsAreCountedByKindAndState() async throws {
        let bench = Bench()
        #expect(await bench.controller.metricsSnapshot().faults[.init(kind: "unit.stop", state: .stuck)] == 0)
        for port in ["1", "2"] { try await bench.inject("network.drop", ["port": port]) }
        let unit = try await bench.inject("unit.stop", ["unit": "nginx"])
        bench.host.breakVerb("revert units")
        _ = try await bench.controller.end(unit.id, by: Bench.caller)
        let now = await bench.controller.metricsSnapshot()
        #expect(now.faults[.init(kind: "network.drop", state: .active)] == 2)
        #expect(now.faults[.init(kind: "unit.stop", state: .stuck)] == 1 && now.stuck == 1)
        #expect(now.counters.ended.isEmpty && now.counters.apply.count == 3 && now.counters.revert.count == 0)
    }

    @Test func endsAreCountedByCauseAndOnlyLateOnesAreLate() async throws {
        let bench = Bench()
        let early = try await bench.inject("network.drop", ["port": "1"])
        _ = try await bench.controller.end(early.id, by: Bench.caller)
        let onTime = try await bench.inject("network.drop", ["port": "2"], lease: .seconds(10))
        await bench.pass(.milliseconds(10_700))
        _ = try await bench.controller.wait(onTime.id, until: [.reverted], timeout: .seconds(5))
        let counters = await bench.controller.metricsSnapshot().counters
        #expect(counters.ended[.init(kind: "network.drop", cause: .request)] == 1)
        #expect(counters.ended[.init(kind: "network.drop", cause: .lease)] == 1)
        #expect(counters.lateness.count == 1 && abs(counters.lateness.sum - 0.7) < 1e-9)
        #expect(counters.revert.count == 2)
    }

    @Test func failuresHaltsAndOrphansAreCounted() async throws {
        let bench = Bench()
        try await bench.inject("network.drop", ["port": "1"])
        bench.journal.setFailing(true)
        await #expect(throws: Problem.self) { try await bench.inject("network.drop", ["port": "2"]) }
        #expect(await bench.controller.metricsSnapshot().counters.journalWriteFailures >= 1)
        _ = try await bench.controller.halt(reason: nil, by: Bench.caller)
        let halted = await bench.controller.metricsSnapshot()
        #expect(halted.isHalted && halted.journalPending > 0)
        bench.journal.setFailing(false)
        // The same node with its journal lost.
        let other = Bench()
        try await other.inject("network.drop", ["port": "1"])
        let amnesiac = Bench(node: other.host.node)
        let orphans = try await amnesiac.controller.verify().orphans.count
        try await amnesiac.controller.start()
        #expect(orphans > 0)
        #expect(await amnesiac.controller.metricsSnapshot().counters.orphansRemoved == orphans)
    }

    /// The deadline of another boot counts by a clock that is gone: after a reboot nothing is said to be late.
    @Test func aRebootIsNoLateness() async throws {
        let bench = Bench()
        try await bench.inject("network.drop", ["port": "1"], lease: .seconds(1))
        bench.clock.stop()
        bench.clock.advance(by: .seconds(3600))
        bench.host.change { $0 = ModelNode() }
        let restarted = bench.restarted(bootID: "boot-2")
        try await restarted.controller.start()
        let counters = await restarted.controller.metricsSnapshot().counters
        #expect(counters.ended[.init(kind: "network.drop", cause: .reboot)] == 1)
        #expect(counters.lateness.count == 0)
    }
}
