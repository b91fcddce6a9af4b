// Bad input against the real daemon: its status, a sentence, and nothing touched.
import FaultClient
import FaultModel
import Foundation
import Testing

struct LabRefusal: Sendable, CustomTestStringConvertible {
    var what: String
    /// As curl's -d would have it.
    var form: String
    var status: Int
    var says: String
    var testDescription: String { what }

    static let all: [LabRefusal] = [
        .init(what: "unknown kind", form: "kind=network.drip", status: 400, says: "did you mean network.drop?"),
        .init(what: "unknown field", form: "kind=network.drop&prot=tcp&port=443", status: 400, says: "spec.prot"),
        .init(what: "lease too long", form: "kind=network.drop&port=443&lease=48h", status: 422, says: "1h"),
        .init(what: "port 70000", form: "kind=network.drop&port=70000", status: 400, says: "65535"),
        .init(what: "regex that does not compile", form: "kind=container.kill&name=kube-(", status: 400, says: "regular expression"),
        .init(
            what: "selector that matches nothing", form: "kind=container.kill&name=nothing-like-it", status: 422, says: "no running container matches"
        ),
        .init(what: "no such unit", form: "kind=unit.stop&unit=dockerk", status: 422, says: "did you mean docker.service?"),
        .init(what: "protected unit", form: "kind=unit.stop&unit=dbus", status: 403, says: "protected"),
        .init(
            what: "protected unit by its alias", form: "kind=unit.stop&unit=dbus-org.freedesktop.login1", status: 403, says: "systemd-logind.service"),
        .init(what: "faultd itself", form: "kind=unit.stop&unit=faultd", status: 403, says: "protected"),
        .init(what: "protected port", form: "kind=network.drop&direction=in&protocol=tcp&port=22", status: 403, says: "22"),
        .init(what: "no kind", form: "port=443", status: 400, says: "kind"),
    ]
}

extension LabSuite {
    @Suite(.serialized) struct Refusals {
        private func post(_ form: String) async throws -> (status: Int, body: String) {
            let command = "curl -s -w '\\n%{http_code}' --unix-socket /run/faultd/faultd.sock http://node/v1/faults -d '\(form)'"
            let lines = try await Lab.node(command).text.split(separator: "\n")
            return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
        }

        @Test(arguments: LabRefusal.all) func refusedAndNothingTouched(_ item: LabRefusal) async throws {
            try await Lab.restoring { client in
                let before = try await Lab.snapshot()
                let answer = try await post(item.form)
                #expect(answer.status == item.status, "\(answer.body)")
                #expect(answer.body.contains(item.says), "\(answer.body)")
                #expect(try await Lab.snapshot() == before)
                #expect(try await client.faults().document.items.allSatisfy { $0.state.isFinal })
            }
        }

        @Test func theSecondFaultOnAUnitNamesTheFirst() async throws {
            try await Lab.restoring { client in
                let first = try await client.inject("unit.stop", ["unit": "node-agent"])
                let problem = await #expect(throws: Problem.self) { try await client.inject("node.cut", ["port": "443", "unit": "node-agent"]) }
                #expect(problem?.status == 409)
                #expect(problem?.detail.contains(first.id.text) == true)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                _ = try await client.end(first.id)
            }
        }

        @Test func withNoRuntimeItSaysHowToGetOne() async throws {
            try await Lab.node("systemctl stop node-agent docker.socket docker containerd")
            do {
                let answer = try await post("kind=container.kill&name=web")
                #expect(answer.status == 424, "\(answer.body)")
                #expect(answer.body.contains("hint"))
            }
            try await Lab.node("systemctl start containerd docker.socket docker node-agent; docker start web cache batch")
            try await Lab.settled()
        }

        @Test func withNoDBusUnitsAreStillReachedThroughTheManagersOwnSocket() async throws {
            try await Lab.restoring { client in
                try await Lab.node("systemctl stop dbus.socket dbus.service")
                let fault = try await client.inject("unit.stop", ["unit": "node-agent"])
                #expect(try await Lab.state(of: "node-agent") != "active")
                _ = try await client.end(fault.id)
                #expect(try await Lab.state(of: "node-agent") == "active")
                try await Lab.node("systemctl start dbus.socket dbus.service")
            }
        }
    }
}
