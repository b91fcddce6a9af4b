// What the random histories found, each as a test of its own.
import FaultModel
import FaultTesting
import Testing

@testable import FaultEngine

@Suite struct CompositionFindingsTests {
    private static let drop: KeyValuePairs = ["protocol": "tcp", "port": "443"]

    /// The renewal comes when the lease is over and its timer has not run yet: the backstops have fired, so nothing is left to go on with.
    @Test(arguments: 1...20) func aLeaseThatHasRunOutCantBeRenewed(_ seed: UInt64) async throws {
        let problem = await Simulation.onThread {
            Simulation.run(seed: seed) { simulation -> Problem? in
                let bench = Bench()
                guard let fault = try? await bench.inject("network.drop", Self.drop, lease: .seconds(10)) else { return nil }
                await simulation.settle()
                bench.clock.advance(by: .seconds(10))
                do throws(Problem) { _ = try await bench.controller.renew(fault.id, lease: nil, by: Bench.caller) } catch { return error }
                return nil
            }
        }
        #expect(problem??.type == .conflict)
    }

    @Test func aFaultThatCouldNotBeAppliedTellsWhyEvenIfItsUndoFailsToo() async throws {
        let bench = Bench()
        bench.host.breakVerb("apply packets")
        bench.host.breakVerb("revert packets")
        let problem = await #expect(throws: Problem.self) { try await bench.inject("network.drop", Self.drop) }
        #expect(problem?.detail == "apply packets is broken")
        let stuck = try #require(try await bench.controller.faults(HistoryQuery()).first)
        #expect(stuck.state == .stuck)
        #expect(stuck.changes.allSatisfy { $0.error?.detail == "revert packets is broken" })
        bench.host.mendAll()
        _ = try await bench.controller.end(stuck.id, by: Bench.caller)
        let failed = try await bench.controller.wait(stuck.id, until: [.failed], timeout: .seconds(5))
        #expect(failed.error?.detail == "apply packets is broken")
    }

    @Test func aClashIsToldFirstAndNamesTheOther() async throws {
        let bench = Bench()
        let first = try await bench.inject("unit.stop", ["unit": "nginx"])
        bench.host.change { $0.operatorStops("node-agent.service") }
        let problem = await #expect(throws: Problem.self) { try await bench.inject("unit.stop", ["unit": "node-agent,nginx"]) }
        #expect(problem?.type == .conflict)
        #expect(problem?.detail.contains(first.id.text) == true)
        #expect(problem?.errors?.count == 2)
    }

    /// All who wait for their turn on a fault are woken at once: only one may take it, or an end comes in between a renewal and its backstop.
    @Test func renewalsThatWaitedTogetherTakeTurns() async throws {
        let bench = Bench()
        let id = try await bench.inject("network.drop", Self.drop).id
        bench.host.hold("arm packets")
        let first = Task { try await bench.controller.renew(id, lease: .seconds(70), by: Bench.caller) }
        while await !bench.controller.isBusy(id) { await Task.yield() }
        let before = await bench.controller.nextWaiter
        let others = [80, 90].map { lease in Task { try await bench.controller.renew(id, lease: .seconds(lease), by: Bench.caller) } }
        while await bench.controller.nextWaiter < before + others.count { await Task.yield() }
        bench.host.letGo("arm packets")
        var counts = [try await first.value.lease.renewals]
        for other in others { counts.append(try await other.value.lease.renewals) }
        #expect(counts.sorted() == [1, 2, 3])
    }

    /// Who presses the button while another lifts an earlier halt must not be overruled.
    @Test func aHaltThatIsSetWhileAnotherIsLiftedStands() async throws {
        let bench = Bench()
        _ = try await bench.controller.halt(reason: "first", by: Bench.caller)
        bench.journal.hold()
        let lifting = Task { try await bench.controller.resume(by: Bench.caller) }
        while await bench.controller.outbox.isEmpty, await !bench.controller.outbox.isFlushing { await Task.yield() }
        let halting = Task { try await bench.controller.halt(reason: "second", by: Bench.caller) }
        while await bench.controller.haltCount < 2 { await Task.yield() }
        bench.journal.letThrough(nil)
        let problem = await #expect(throws: Problem.self) { try await lifting.value }
        #expect(problem?.type == .halted)
        _ = try await halting.value
        #expect(await bench.controller.haltState().reason == "second")
        await bench.controller.settleJournal()
        #expect(bench.journal.contents.halt?.reason == "second")
    }

    /// The lease ran out between backstop and effect: were it begun now, nothing would end it if the daemon died.
    @Test(.timeLimit(.minutes(1))) func nothingIsPutInForceOnceItsBackstopHasFired() async throws {
        let bench = Bench()
        let before = bench.host.text()
        bench.host.hold("apply units")
        let making = Task { try await bench.inject("unit.stop", ["unit": "nginx"], lease: .seconds(10)) }
        while !bench.host.log.contains("arm units") { await Task.yield() }
        bench.clock.stop()
        bench.clock.advance(by: .seconds(11))
        bench.host.change { $0.pass(to: bench.clock.now().boot) }
        // From here on nobody undoes anything.
        bench.host.breakVerb("revert units")
        bench.host.letGo("apply units")
        while bench.controller.stuckCount == 0 { await Task.yield() }
        #expect(bench.host.text() == before)
        making.cancel()
    }

    /// The lease ran out while the renewal was under way: the backstop has ended the fault, and the engine's own timer comes too late to tell.
    @Test(.timeLimit(.minutes(1))) func aRenewalThatTakesLongerThanTheLeaseIsNone() async throws {
        let bench = Bench()
        let id = try await bench.inject("unit.stop", ["unit": "nginx"], lease: .seconds(10)).id
        bench.host.hold("arm units")
        let renewing = Task { try await bench.controller.renew(id, lease: .seconds(60), by: Bench.caller) }
        while await !bench.controller.isBusy(id) { await Task.yield() }
        bench.clock.stop()
        bench.clock.advance(by: .seconds(11))
        bench.host.change { $0.pass(to: bench.clock.now().boot) }
        bench.host.letGo("arm units")
        let problem = await #expect(throws: Problem.self) { try await renewing.value }
        #expect(problem?.type == .conflict)
        while await bench.controller.isAlive(id) { await Task.yield() }
        #expect(try await bench.controller.fault(id).ended_by == .lease)
    }
}
