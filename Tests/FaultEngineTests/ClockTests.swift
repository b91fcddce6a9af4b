// The wall clock is set while faults are in force: leases, backstops and the times that are shown.
import FaultEngine
import FaultModel
import FaultTesting
import Testing

@Suite struct ClockTests {
    static let steps: [Duration] = [.seconds(86_400), .seconds(-86_400), .seconds(3)]

    /// The model's rules end by the wall clock, as the kernel's do.
    @Test(arguments: steps) func rulesStayInForceUntilTheirLeaseEnds(_ step: Duration) async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("network.drop", ["protocol": "tcp", "port": "443"], lease: .seconds(10))
        let during = bench.host.text()
        bench.clock.step(by: step)
        await bench.controller.clockStepped(by: step)
        #expect(bench.host.text() == during)
        await bench.pass(.milliseconds(9_999))
        #expect(bench.host.text() == during)
        // With nobody to undo it, it would end now, by the kernel.
        #expect(bench.host.node.effect(at: bench.clock.now() + .milliseconds(1)) == before)
        await bench.pass(.milliseconds(1))
        #expect(try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5)).ended_by == .lease)
        #expect(bench.host.text() == before)
    }

    @Test(arguments: steps) func timesThatAreShownFollowTheClock(_ step: Duration) async throws {
        let bench = Bench()
        var request = FaultRequest(kind: "unit.stop", spec: ["units": ["nginx"]], lease: .seconds(60))
        request.confirmWithin = .seconds(30)
        let fault = try await bench.controller.create(request, by: Bench.caller).fault
        await bench.pass(.seconds(5))
        bench.clock.step(by: step)
        await bench.controller.clockStepped(by: step)
        let shown = try await bench.controller.fault(fault.id)
        #expect(shown.lease.expires_at == bench.clock.now().wall + .seconds(55))
        #expect(shown.backstop?.at == bench.clock.now().wall + .seconds(25))
        _ = try await bench.controller.confirm(fault.id, by: Bench.caller)
        #expect(try await bench.controller.fault(fault.id).backstop?.at == bench.clock.now().wall + .seconds(55))
    }

    @Test func aStepIsAnEventOfItsOwn() async throws {
        let bench = Bench()
        await bench.controller.clockStepped(by: .seconds(-86_400))
        var events: [Event] = []
        for await event in try await bench.controller.events(after: 0, follow: false) { events.append(event) }
        #expect(events.map(\.type) == [.clockStepped])
        #expect(events.first?.message.contains("back by 24h") == true, "\(events)")
    }

    @Test func aBackstopThatCantBeMovedIsTriedAgain() async throws {
        let bench = Bench()
        _ = try await bench.inject("network.drop", ["protocol": "tcp", "port": "443"], lease: .seconds(60))
        let during = bench.host.text()
        bench.host.breakVerb("arm packets")
        bench.clock.step(by: .seconds(86_400))
        let stepped = Task { await bench.controller.clockStepped(by: .seconds(86_400)) }
        await bench.pass(.zero)
        #expect(bench.host.text() != during)
        bench.host.mendVerb("arm packets")
        await bench.pass(.seconds(1))
        await stepped.value
        #expect(bench.host.text() == during)
    }

    /// One that is still being applied when the clock is set has been armed by the old clock.
    @Test func aFaultThatIsBeingAppliedIsMovedToo() async throws {
        let bench = Bench()
        bench.host.hold("apply packets")
        let injected = Task { try await bench.inject("network.drop", ["protocol": "tcp", "port": "443"], lease: .seconds(60)) }
        while !bench.host.log.contains("arm packets") { await Task.yield() }
        bench.clock.step(by: .seconds(86_400))
        let stepped = Task { await bench.controller.clockStepped(by: .seconds(86_400)) }
        await bench.pass(.zero)
        bench.host.letGo("apply packets")
        let fault = try await injected.value
        await stepped.value
        #expect(!bench.host.text().contains("inert"))
        #expect(try await bench.controller.fault(fault.id).backstop?.at == bench.clock.now().wall + .seconds(60))
    }
}
