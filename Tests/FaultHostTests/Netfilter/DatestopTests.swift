// The kernel's end of a rule, to the millisecond of the lease's.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct DatestopTests {
    /// The rule matches during the whole of its last second: it ends when the next begins.
    @Test(arguments: [(10_000, 9, 10_000), (10_001, 10, 11_000), (10_999, 10, 11_000), (11_000, 10, 11_000)] as [(Int64, UInt32, Int64)])
    func `the end is the first whole second at or after the deadline`(_ deadline: Int64, _ last: UInt32, _ end: Int64) {
        let stop = Datestop(deadline: Timestamp(milliseconds: deadline))
        #expect(stop.second == last)
        #expect(stop.end.milliseconds == end)
        #expect(stop.backstop == Backstop(by: "kernel", at: Timestamp(milliseconds: end), detail: "xt_time datestop on every rule"))
    }

    @Test func `a deadline beyond what the kernel counts is the last second it counts`() {
        #expect(Datestop(deadline: Timestamp(milliseconds: 99_999_999_999_999)).second == .max)
        #expect(Datestop(deadline: Timestamp(milliseconds: -5)).second == 0)
    }
}
