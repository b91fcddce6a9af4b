// The doctor's findings, with and without a daemon.
import FaultModel
import Testing

@testable import FaultClient
@testable import faultctl

@Suite struct DoctorTests {
    private let bare = LocalNode(
        socket: nil, socketPath: "/run/x.sock", isRoot: false, hasGroup: true, inGroup: false, hasSystemd: false, unitFile: nil, runtimes: [],
        hasLegacyTables: false, hasJournal: false)
    private let look = Look()

    private func diagnosis(version: String = "0.1.0") throws -> Diagnosis {
        var diagnosis = Diagnosis(local: bare, clientVersion: version)
        diagnosis.node = try Samples.read(Samples.node)
        diagnosis.kinds = [try Samples.read(Samples.kind)]
        diagnosis.verify = VerifyDocument(orphans: [], accounted: [])
        return diagnosis
    }

    @Test func allThatTheDaemonKnows() throws {
        let diagnosis = try diagnosis()
        #expect(diagnosis.status == .ok)
        #expect(
            look.text(Check.lines(diagnosis.checks, look)) == """
                daemon             ✓ faultd 0.1.0 answers for node-7, 1 fault in force.
                netfilter          ✓ iptables-legacy tables
                container-runtime  ✗ no runtime answers
                                     → start docker
                kinds              ✓ network.drop
                halt               ✓ Not halted: faults are accepted.
                stuck              ✓ No fault is stuck.
                leftovers          ✓ Nothing of faultd's but what faults in force account for.
                leases             ✓ 5m if none is asked for, at most 1h; up to 16 faults at once, 10 targets each.
                protected          ✓ ports 22; units ssh.service

                """)
    }

    @Test func troubleIsNamedWithItsRemedy() throws {
        var diagnosis = try diagnosis(version: "0.2.0")
        diagnosis.node?.stuck = [try #require(FaultID(Samples.id))]
        diagnosis.node?.halt.halted = true
        let drifting = #"{"id":"\#(Samples.id)","kind":"network.drop","state":"active","in_force":false,"drift":["x"],"error":null}"#
        diagnosis.verify = VerifyDocument(
            orphans: [Artefact(mechanism: .units, fault: nil, name: "t.timer")], accounted: [], faults: [try Samples.read(drifting)])
        diagnosis.kinds?[0].available = false
        diagnosis.kinds?[0].unavailable = "no tables; load them"
        let text = look.text(Check.lines(diagnosis.checks, look))
        #expect(text.contains("This program is 0.2.0."))
        #expect(text.contains("✗ 1 fault can't be undone yet: 00AAAA11\n"))
        #expect(text.contains("→ faultctl show 00AAAA11"))
        #expect(text.contains("• Halted. No fault is accepted.\n"))
        #expect(text.contains("✗ 1 fault not wholly in force: 00AAAA11\n"))
        #expect(text.contains("→ faultctl verify --fix\n"))
        #expect(text.contains("✗ network.drop is not available\n"))
        #expect(text.contains("→ no tables; load them"))
        #expect(diagnosis.status == .notClean)
    }

    @Test func aLongListIsCutAndTheJSONHasAllOfIt() throws {
        var diagnosis = try diagnosis()
        diagnosis.node?.policy.protected_units = (1...9).map { "u\($0).service" }
        let shown = diagnosis.checks.first { $0.name == "protected" }
        #expect(shown?.detail == "ports 22; units u1.service, u2.service, u3.service, u4.service, u5.service and 4 more")
        let json = try JSONValue(encoding: diagnosis)
        #expect(json["node"]?["policy"]?["protected_units"]?.arrayValue?.count == 9)
        #expect(json["checks"]?.arrayValue?.count == diagnosis.checks.count)
    }

    @Test func withNoDaemonItLooksForItself() {
        var diagnosis = Diagnosis(local: bare, clientVersion: "0.1.0")
        diagnosis.note(Problem(unreachable: "there is no control socket", hint: "start it"))
        let text = look.text(Check.lines(diagnosis.checks, look))
        #expect(diagnosis.status == .unreachable)
        for part in [
            "✗ there is no control socket", "→ start it", "✗ There is no /run/x.sock.", "✗ No faultd.service is installed.",
            "✗ systemd does not run this node",
        ] {
            #expect(text.contains(part))
        }
    }

    @Test func whoMayNotOpenTheSocketIsToldHow() {
        var local = bare
        local.socket = .init(mode: 0o660, owner: "root", group: "faultd")
        let socket = local.checks[0]
        #expect(socket.detail == "/run/x.sock: mode 0660, owner root, group faultd. You are not in the group faultd.")
        #expect(socket.remedy?.contains("usermod -aG faultd") == true)
        local.inGroup = true
        #expect(local.checks[0].remedy == nil)
    }
}
