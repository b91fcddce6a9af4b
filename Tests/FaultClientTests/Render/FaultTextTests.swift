// A fault after inject, at its end, and in a table.
import FaultModel
import Testing

@testable import FaultClient
@testable import faultctl

@Suite struct FaultSummaryTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    @Test func afterInject() throws {
        let extra = #""backstop":{"by":"kernel","at":"2026-11-22T21:20:01.000Z","detail":"xt_time datestop"},"notes":["tcp/22 is left alone"],"#
        let evidence = #"{"packets":{"backend":"iptables-legacy","rules":2,"hit_packets":37,"hit_bytes":2220}}"#
        let fault: FaultDocument = try Samples.read(Samples.fault(evidence: evidence, extra: extra))
        #expect(
            text(FaultSummary.lines(fault, look)) == """
                01JD6W0K7Z0000000000AAAA11  network.drop  active
                  done      iptables -A X
                  seen      2 rules in iptables-legacy, 37 packets hit (2.1 KiB)
                  until     21:20:00, 4m12s left of 5m
                  backstop  kernel, 21:20:01 (xt_time datestop)
                  note      tcp/22 is left alone
                  end it    faultctl revert 00AAAA11

                """)
    }

    @Test func aConfirmationThatIsAwaitedIsTold() throws {
        let fault: FaultDocument = try Samples.read(Samples.fault(extra: #""confirm_by":"2026-11-22T21:16:00.000Z","#))
        #expect(text(FaultSummary.lines(fault, look)).contains("confirm  faultctl confirm 00AAAA11 within 12s, or it ends\n"))
    }

    @Test func aFaultThatIsNotWhollyInForceIsMarked() throws {
        let fault: FaultDocument = try Samples.read(Samples.fault(extra: #""drift":["1 of 2 rules are in the kernel"],"#))
        #expect(FaultSummary.head(fault).plain == "01JD6W0K7Z0000000000AAAA11  network.drop  active, not wholly in force")
        let row = try #require(FaultTable.lines([fault], kinds: [], look).last)
        #expect(row.pieces.contains { $0.text.hasPrefix("not wholly in force") && $0.paint == .warn })
        #expect(text(FaultPage.lines(fault, kind: nil, look)).contains("drift  1 of 2 rules are in the kernel\n"))
        let well: FaultDocument = try Samples.read(Samples.fault())
        #expect(try #require(FaultTable.lines([well], kinds: [], look).last).plain.contains("  active  "))
    }

    @Test func manyStepsAreCounted() throws {
        let step = #"{"apply":"do","revert":"undo","state":"applied","error":null}"#
        let changes = "[" + Array(repeating: step, count: 12).joined(separator: ",") + "]"
        let fault: FaultDocument = try Samples.read(Samples.fault(changes: changes))
        let lines = FaultSummary.lines(fault, look).map(\.plain)
        #expect(lines.filter { $0.hasSuffix("do") }.count == 8)
        #expect(lines.contains { $0.hasSuffix("… and 4 more: faultctl show 00AAAA11") })
    }

    @Test func endings() throws {
        let reverted = #""clean":true,"took":{"apply":"1ms","revert":"1.2ms"},"ended_by":"request","reverted_at":"2026-11-22T21:15:40.000Z","#
        let clean: FaultDocument = try Samples.read(Samples.fault(state: "reverted", extra: reverted))
        #expect(text(FaultSummary.ending(clean)) == "00AAAA11  network.drop  reverted in 1.2ms, clean\n")
        #expect(FaultSummary.isClean(clean))

        let drifted = #""clean":false,"drift":["docker.service was started by root"],"ended_by":"lease","#
        let unclean: FaultDocument = try Samples.read(Samples.fault(state: "reverted", extra: drifted))
        #expect(
            text(FaultSummary.ending(unclean))
                == "00AAAA11  network.drop  reverted (its lease ended), not as before\n  drift: docker.service was started by root\n")
        #expect(!FaultSummary.isClean(unclean))
    }

    @Test func stuckIsRedAndUnclean() throws {
        let error = #""error":{"type":"host-failure","title":"Host failure","status":500,"detail":"docker does not start","hint":"look at it"},"#
        let fault: FaultDocument = try Samples.read(Samples.fault(state: "stuck", extra: error))
        #expect(
            text(FaultSummary.ending(fault)) == """
                00AAAA11  network.drop  stuck
                  error: docker does not start
                  hint: look at it
                  It is tried again and again; see it with faultctl show 00AAAA11

                """)
        #expect(!FaultSummary.isClean(fault))
        #expect(fault.state.styled.text(colour: true) == "\u{1b}[1;31mstuck\u{1b}[0m")
    }
}

@Suite struct FaultTableTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    private func faults() throws -> (ListDocument<FaultDocument>, KindDocument) {
        let stuck =
            #""error":{"type":"host-failure","title":"t","status":500,"detail":"a.service does not start"},"#
            + #""revert_attempts":12,"stuck_since":"2026-11-22T21:14:48.000Z","#
        let list: ListDocument<FaultDocument> = try Samples.read(
            Samples.list(
                Samples.fault(id: Samples.otherID),
                Samples.fault(
                    state: "reverted", spec: #"{"ports":[80,443],"protocol":"all","direction":"in"}"#,
                    extra: #""reverted_at":"2026-11-22T21:15:30.000Z","reason":null,"#),
                Samples.fault(
                    id: "01JD6V00000000000000CCCC33", kind: "unit.stop", state: "stuck", spec: #"{"units":["a.service"]}"#,
                    extra: stuck)))
        return (list, try Samples.read(Samples.kind))
    }

    @Test func stuckFirstThenTheNewestAndNoDefaults() throws {
        let (list, kind) = try faults()
        #expect(
            text(FaultTable.lines(list.items, kinds: [kind], look)) == """
                ID        KIND          STATE     LEASE          SPEC                       REASON  OWNER
                00CCCC33  unit.stop     stuck     over           units=a.service            drill   ana
                00BBBB22  network.drop  active    4m12s left     ports=443 protocol=tcp     drill   ana
                00AAAA11  network.drop  reverted  ended 18s ago  ports=80,443 direction=in          ana
                00CCCC33 STUCK since 21:14:48, 1m ago; 12 attempts failed: a.service does not start

                """)
    }

    @Test func aDefaultIsOneHoweverItsNumberIsWritten() {
        let schema: JSONValue = ["properties": ["probability": ["default": .double(1)], "count": ["default": 2]]]
        #expect(SpecText.oneLine(["probability": 1, "count": .double(2)], schema: schema) == "")
        #expect(SpecText.oneLine(["probability": .double(0.5), "count": 1], schema: schema) == "probability=0.5 count=1")
    }

    @Test func aStuckFaultIsRedFromEndToEndAndOthersAreNot() throws {
        let (list, _) = try faults()
        let lines = FaultTable.lines(list.items, kinds: [], look).map { $0.text(colour: true) }
        let red = lines.map { $0.ranges(of: "\u{1b}[1;31m").count }
        // ID, kind, state, lease, spec, reason and owner; then the line that says why.
        #expect(red == [0, 7, 0, 0, 3])
    }

    @Test func wholeIds() throws {
        let (list, _) = try faults()
        #expect(text(FaultTable.lines(list.items, kinds: [], full: true, look)).contains("01JD6W0K7Z0000000000BBBB22"))
    }

    @Test(arguments: [80, 100, 120])
    func fitsTheTerminal(width: Int) throws {
        let (list, kind) = try faults()
        var narrow = look
        narrow.width = width
        #expect(FaultTable.lines(list.items, kinds: [kind], narrow).allSatisfy { $0.width <= width })
    }
}
