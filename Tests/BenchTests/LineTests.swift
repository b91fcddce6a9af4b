// Figures, goals and the table they are told in.
import FaultModel
import Testing

@testable import faultd_bench

struct LineTests {
    private let times = Samples([1, 2, 3, 4, 100])

    @Test func quantilesAreByNearestRank() {
        #expect(times.median == 3)
        #expect(times.p99 == 100)
        #expect(Samples([]).median == 0)
    }

    @Test(arguments: [
        (Line.Goal.ratioAtMost(0.5), true), (.ratioAtMost(0.49), false), (.atMost(3), true), (.atMost(2.9), false), (.atLeast(3), true),
        (.atLeast(3.1), false),
    ])
    func goalsIncludeTheirLimit(_ goal: Line.Goal, _ isMet: Bool) {
        #expect(Line("key", "figure", .milliseconds, 3, against: "other", 6, goal: goal).isMet == isMet)
    }

    @Test func whatFailedIsNotMet() {
        #expect(Line("key", failed: "why").isMet == false)
    }

    @Test func theTableIsAligned() {
        let text = Table(lines: [Line("a", "one", times, against: "two", Samples([6]), goal: .ratioAtMost(0.5)), Line("b", failed: "why")]).text
        let lines = text.split(separator: "\n")
        #expect(Set(lines.map(\.count)).count == 1)
        #expect(
            lines[2].split(separator: "|").map { $0.filter { $0 != " " } } == ["one", "3ms", "100ms", "two", "6ms", "6ms", "0.5×", "≤0.5×", "yes"])
        #expect(lines[3].contains("why") && lines[3].contains("NO"))
    }

    @Test(arguments: [(0.12345, "0.123"), (1.2345, "1.23"), (12.345, "12.3"), (123.45, "123"), (5, "5")])
    func threeDigitsCount(_ number: Double, _ text: String) {
        #expect(number.short == text)
    }
}
