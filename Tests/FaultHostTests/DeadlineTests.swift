// An effect never begins after its backstop has fired.
import FaultHost
import FaultModel
import Testing

@Suite struct DeadlineTests {
    @Test func aChangeWhoseLeaseIsOverIsRefusedBeforeAnythingIsTouched() async throws {
        let clock = try LinuxClock()
        let host = LinuxHost(clock: clock)
        let fault = try #require(FaultID("01JD6W00000000000000000000"))
        let now = clock.now()
        let nothing = Change.units(UnitChange(units: [], triggers: [], dependents: []))
        let problem = await #expect(throws: Problem.self) {
            try await host.apply(nothing, undo: .units(UnitUndo(fault: fault, units: [])), until: now)
        }
        #expect(problem?.detail == "the lease was over before the fault was in force")
        await host.shutdown()
    }
}
