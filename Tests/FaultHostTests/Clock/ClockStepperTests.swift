// Steps that are none: what is asked for twice, or too late. A real one is made in the virtual machine alone (Tests/lab/vm.d/proof-clock-skew).
import FaultModel
import Glibc
import Testing

@testable import FaultHost

struct ClockStepperTests {
    private let hour: Int64 = 3_600_000_000_000

    @Test func aClockThatIsWhereItIsWantedIsLeftAlone() throws {
        let before = ClockStepper.ahead()
        try ClockStepper.step(from: before - hour, to: before)
        #expect(ClockStepper.isNear(ClockStepper.ahead(), before))
    }

    @Test func aClockThatSomebodyElseHasSetIsLeftAlone() throws {
        let before = ClockStepper.ahead()
        let problem = #expect(throws: Problem.self) { try ClockStepper.step(from: before + hour, to: before + 2 * hour) }
        #expect(problem?.type == .conflict)
        #expect(ClockStepper.isNear(ClockStepper.ahead(), before))
    }
}
