import FaultModel
import Testing

// Leases as values.
@testable import FaultEngine

@Suite struct LessorTests {
    private func id(_ number: Int) -> FaultID { FaultID(time: Timestamp(milliseconds: Int64(number)), random: (0, 0)) }

    @Test func neverEarlyAndAnnouncedUntilRemoved() {
        var lessor = Lessor()
        lessor.grant(id(1), until: 10)
        lessor.grant(id(2), until: 20)
        #expect(lessor.nextDeadline == 10)
        #expect(lessor.expired(at: 9).isEmpty)
        #expect(lessor.expired(at: 10) == [id(1)])
        #expect(lessor.nextDeadline == 20)
        #expect(lessor.expired(at: 19) == [id(1)])
        lessor.remove(id(1))
        #expect(lessor.expired(at: 19).isEmpty)
        #expect(lessor.expired(at: 25) == [id(2)])
    }

    @Test func aRenewalReplacesTheDeadlineInBothDirections() {
        var lessor = Lessor()
        lessor.grant(id(1), until: 10)
        lessor.grant(id(1), until: 30)
        #expect(lessor.nextDeadline == 30)
        #expect(lessor.expired(at: 29).isEmpty)
        lessor.grant(id(1), until: 5)
        #expect(lessor.nextDeadline == 5)
        #expect(lessor.expired(at: 5) == [id(1)])
    }

    @Test func backOffGrowsAndStopsGrowing() {
        #expect(FaultTransition.backOff(attempt: 1) == .milliseconds(500))
        #expect(FaultTransition.backOff(attempt: 3) == .seconds(2))
        #expect(FaultTransition.backOff(attempt: 1000) == .seconds(30))
    }

    @Test func aFinalFaultStaysFinal() {
        for state in [FaultState.reverted, .failed] {
            #expect(FaultTransition.next(state, on: .applied, failed: false) == nil)
            #expect(FaultTransition.next(state, on: .endWanted, failed: false)?.0 == state)
        }
    }
}
