// What other mechanisms see, in one line each.
import FaultModel
import Testing

@testable import faultctl

@Suite struct ObservationTests {
    private func text(_ observations: [Evidence.Observation]) -> [String] {
        EvidenceText.lines(Evidence(observations: observations), goldenLook).map(\.plain)
    }

    @Test func subjectStateAndWhatWasCounted() {
        let shaped = Evidence.Observation(
            "qdisc eth0, out", "tbf rate 1mbit", figures: ["packets": 12, "bytes": 18_000, "dropped_packets": 3, "overlimits": 0])
        #expect(text([shaped]) == ["qdisc eth0, out: tbf rate 1mbit; bytes 18000, dropped packets 3, packets 12"])
    }

    @Test func withoutFiguresTheStateIsAll() {
        #expect(
            text([.init("link eth1", "down"), .init("process 7 (nginx)", "stopped", figures: [:])]) == [
                "link eth1: down", "process 7 (nginx): stopped",
            ])
    }
}
