// Everything of one fault, its evidence, and what a plan says.
import FaultModel
import Testing

@testable import FaultClient
@testable import faultctl

private let replaced = #"""
    {"containers":[{"runtime":"docker","name":"kube-apiserver","workload":"pod a/b/c","outcome":"replaced","old_id":"3f2ac9d1b04e77aa",
    "new_id":"9bc1e00112aabb","new_name":"kube-apiserver-2","killed_at":"2026-11-22T21:15:00.000Z","relaunch_time":"1.234s","ready_time":"3.5s"}]}
    """#

private func recovery(_ outcome: String) -> String {
    #"{"runtime":"docker","name":"web","workload":"container web","outcome":"\#(outcome)","old_id":"3f2ac9d1b04e77aa","killed_at":"2026-11-22T21:15:44.800Z"}"#
}

@Suite struct FaultPageTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    @Test func everythingInBlocks() throws {
        let extra =
            #""clean":false,"drift":["web runs another image"],"ended_by":"lease","reverted_at":"2026-11-22T21:15:40.000Z","#
            + #""took":{"apply":"1.8ms","revert":"2.5ms"},"#
        let fault: FaultDocument = try Samples.read(Samples.fault(state: "reverted", evidence: replaced, extra: extra))
        #expect(
            text(FaultPage.lines(fault, kind: try Samples.read(Samples.kind), look)) == """
                01JD6W0K7Z0000000000AAAA11  network.drop  reverted
                  reason    drill
                  owner     ana
                  asked by  ana (uid 1000, pid 4242, via unix)
                  labels    team=edge
                  created   21:14:59, 49s ago
                  in force  since 21:15:00, applied in 1.8ms
                  ended     21:15:40, 8s ago, because its lease ended; undone in 2.5ms, not as before

                what was asked
                  ports      443
                  protocol   tcp
                  direction  out  (default)

                what was done
                  applied  iptables -A X
                           undone by iptables -D X

                what was seen
                         kube-apiserver: replaced after 1.2s, healthy after 3.5s, 3f2ac9d1b04e → 9bc1e00112aa kube-apiserver-2
                  drift  web runs another image

                """)
    }
}

@Suite struct FaultPageOwnerTests {
    @Test func whoTookItOverAndWhyItIsStuck() throws {
        let extra =
            #""taken_over":{"by":{"via":"unix","uid":0,"user":"root"},"at":"2026-11-22T21:15:10.000Z","from":"driver-1"},"#
            + #""revert_attempts":1,"stuck_since":"2026-11-22T21:15:40.000Z","#
        let text = Samples.fault(state: "stuck", extra: extra).replacing(#""fence":1"#, with: #""fence":2"#)
        let lines = goldenText(FaultPage.lines(try Samples.read(text), kind: nil, goldenLook))
        #expect(lines.contains("  owner     ana, fence 2: root took it over from driver-1 at 21:15:10\n"))
        #expect(lines.contains("  beware    STUCK since 21:15:40, 8s ago; 1 attempt failed\n"))
    }
}

@Suite struct EvidenceTextTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    @Test(arguments: [
        ("waiting", "web: killed 3.2s ago, not back yet"), ("signalled", "web: sent the signal, still running"),
        ("restarted", "web: runs again, same id 3f2ac9d1b04e"), ("did-not-come-back", "web: did not come back"),
        ("started-by-faultd", "web: started again by faultd"),
    ])
    func recoveries(outcome: String, line: String) throws {
        let evidence: Evidence = try Samples.read("{\"containers\":[\(recovery(outcome))]}")
        #expect(EvidenceText.lines(evidence, look).map(\.plain) == [line])
    }

    @Test func units() throws {
        let evidence: Evidence = try Samples.read(
            #"{"units":[{"unit":"a.service","state":"inactive"},{"unit":"b.service","state":"active","self_healed_after":"3s"}],"notes":["odd"]}"#)
        #expect(
            EvidenceText.lines(evidence, look).map(\.plain) == [
                "a.service is inactive", "b.service is active: it came up by itself after 3s", "odd",
            ])
        #expect(EvidenceText.lines(evidence, over: true, look)[0].plain == "a.service was inactive")
    }
}

@Suite struct PlanTextTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    @Test func stepsWithWhatUndoesThem() throws {
        let plan: PlanDocument = try Samples.read(
            #"{"kind":"unit.stop","spec":{},"lease":"5m","changes":[{"apply":"systemctl stop a","revert":"systemctl start a"}],"targets":1,"#
                + #""backstop":{"by":"systemd","at":"2026-11-22T21:20:01.000Z","detail":"faultd-x.timer starts a"},"#
                + #""notes":["a.socket is held down"],"irreversible":["nobody restarts web"]}"#)
        #expect(
            text(PlanText.lines(plan, command: "faultctl inject unit.stop unit=a", look)) == """
                unit.stop for 5m would take 1 step on 1 target. Nothing was touched.

                  1  do    systemctl stop a
                     undo  systemctl start a

                backstop  systemd, 21:20:01 (faultd-x.timer starts a)
                note      a.socket is held down
                beware    can't be undone: nobody restarts web
                do it     faultctl inject unit.stop unit=a

                """)
    }
}
