// What the check of continuous integration takes for a regression.
import FaultModel
import Testing

@testable import faultd_bench

struct CheckTests {
    private let kept = Kept(
        Table(lines: [
            line("drop/fork", 2, against: 4), line("made/one", 300, .perSecond, against: 100), line("list", 5, against: nil),
        ]).json(about: []))

    @Test func aRatioMayBeTwiceAsBad() {
        #expect(kept.complaint(Self.line("drop/fork", 20, against: 20.5)) == nil)
        #expect(kept.complaint(Self.line("drop/fork", 20, against: 19))?.contains("drop/fork: 1.05 × other, was 0.5 ×") == true)
    }

    @Test func ofARateLessIsWorse() {
        #expect(kept.complaint(Self.line("made/one", 151, .perSecond, against: 100)) == nil)
        #expect(kept.complaint(Self.line("made/one", 149, .perSecond, against: 100)) != nil)
        #expect(kept.complaint(Self.line("made/one", 900, .perSecond, against: 100)) == nil)
    }

    @Test func whatLoadDoesNotCancelOutOfIsNotCompared() {
        #expect(kept.complaint(Self.line("drop/fork", 20, against: 0.2)) == nil)
        var line = Self.line("drop/fork", 20, against: 1)
        line.isInTurns = false
        #expect(kept.complaint(line) == nil)
    }

    @Test func absoluteTimesAreNotCompared() {
        #expect(kept.complaint(Self.line("list", 5000, against: nil)) == nil)
    }

    @Test func whatCantBeComparedIsTold() {
        #expect(kept.complaint(Self.line("new", 1, against: 1))?.contains("no stored ratio") == true)
        #expect(kept.complaint(Line("drop", failed: "no such tool"))?.contains("no such tool") == true)
    }

    private static func line(_ key: String, _ value: Double, _ unit: Line.Unit = .milliseconds, against other: Double?) -> Line {
        Line(key, key, unit, value, against: other.map { _ in "other" }, other)
    }
}
