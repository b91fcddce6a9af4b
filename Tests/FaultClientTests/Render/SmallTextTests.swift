// Events, times, sizes, halts, leftovers and targets.
import FaultModel
import Testing

@testable import FaultClient
@testable import faultctl

@Suite struct SmallTextTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    @Test func events() throws {
        let event: Event = try Samples.read(Samples.event(3))
        #expect(EventText.line(event, look).plain == "21:15:00.120  fault.active      00AAAA11  in force for 5m")
        var later = look
        later.now = look.now + .seconds(86_400)
        #expect(EventText.line(event, later).plain.hasPrefix("2026-11-22 21:15:00.120  "))
    }

    @Test func localTime() {
        var east = look
        east.utcOffset = { _ in 2 * 3600 }
        #expect(east.clock(Samples.time) == "23:15:00")
        #expect(east.clock(Samples.time + .seconds(3600)) == "2026-11-23 00:15:00")
    }

    @Test(arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (2220, "2.1 KiB"), (3_145_728, "3 MiB")] as [(UInt64, String)])
    func sizes(bytes: UInt64, text: String) { #expect(Words.size(bytes) == text) }

    @Test(arguments: [(250, "250ms"), (3_249, "3.2s"), (59_999, "59s"), (252_300, "4m12s"), (7_265_000, "2h1m"), (90_000_000, "1d1h"), (-5, "0s")])
    func briefDurations(milliseconds: Int, text: String) { #expect(Duration.milliseconds(milliseconds).brief == text) }

    @Test func halt() throws {
        let free: HaltDocument = try Samples.read(#"{"halted":false}"#)
        #expect(text(NodeText.halt(free, look)) == "Not halted. Faults are accepted.\n")
        let halted: HaltDocument = try Samples.read(
            #"{"halted":true,"by":{"via":"unix","user":"ana"},"at":"2026-11-22T21:15:00.000Z","reason":"incident","reverted":["\#(Samples.id)"],"stuck":["\#(Samples.otherID)"]}"#
        )
        #expect(
            text(NodeText.halt(halted, look)) == """
                Halted by ana at 21:15:00: incident. No fault is accepted until `faultctl resume`.
                1 fault reverted: 00AAAA11
                Stuck, tried again and again: 00BBBB22

                """)
    }

    @Test func stuckIsALineOnlyWhereThereIsSomething() {
        #expect(NodeText.stuck(0) == nil)
        let one = "\u{1b}[1;31mfaultd: 1 fault is STUCK, could not be undone yet: faultctl list --state stuck\u{1b}[0m"
        #expect(NodeText.stuck(1)?.text(colour: true) == one)
        #expect(NodeText.stuck(2)?.plain.hasPrefix("faultd: 2 faults are STUCK") == true)
    }

    @Test func verify() throws {
        #expect(text(VerifyText.lines(VerifyDocument(orphans: [], accounted: []), look)) == "Clean. Nothing of faultd's is on this node.\n")
        let orphan = Artefact(mechanism: .packets, fault: nil, name: "filter FAULTD-OUTPUT")
        let lines = text(VerifyText.lines(VerifyDocument(orphans: [orphan], accounted: []), look))
        #expect(lines.contains("Not clean: 1 thing of faultd's"))
        #expect(lines.contains("filter FAULTD-OUTPUT  packets  none\n"))
        #expect(lines.contains("`faultctl verify --fix` removes them"))
    }

    @Test func verifyNamesFaultsThatAreNotWhatTheyClaim() throws {
        let drifting: FaultCheck = try Samples.read(
            #"{"id":"\#(Samples.id)","kind":"network.drop","state":"active","in_force":false,"drift":["1 of 2 rules"],"error":null}"#)
        let well: FaultCheck = try Samples.read(
            #"{"id":"\#(Samples.otherID)","kind":"unit.stop","state":"active","in_force":true,"drift":[],"error":null}"#)
        let verify = VerifyDocument(orphans: [], accounted: [], faults: [drifting, well])
        #expect(!verify.clean)
        #expect(text(VerifyText.lines(verify, look)) == "00AAAA11  network.drop  not wholly in force\n  drift: 1 of 2 rules\n")
    }

    @Test func targets() throws {
        let unit = Unit(
            name: "docker.service", description: "Docker", activeState: "active", subState: "running", unitFileState: "enabled",
            triggeredBy: ["docker.socket"])
        let masked = Unit(name: "x.service", loadState: "masked", activeState: "inactive")
        #expect(
            text(TargetText.units([unit, masked], look)) == """
                UNIT            STATE             FILE     STARTED BY     DESCRIPTION
                docker.service  active (running)  enabled  docker.socket  Docker
                x.service       inactive          masked

                """)
        let pod = Container(
            runtime: .containerd, id: "3f2ac9d1b04e77aa", name: "api", image: "api:1", state: "running",
            labels: ["io.kubernetes.pod.name": "p", "io.kubernetes.pod.namespace": "ns", "io.kubernetes.container.name": "api"])
        #expect(
            text(TargetText.containers([pod], look)) == """
                ID            NAME  RUNTIME     STATE    IMAGE  WORKLOAD
                3f2ac9d1b04e  api   containerd  running  api:1  pod ns/p/api

                """)
    }
}
