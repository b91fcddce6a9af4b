// The daemon about itself, over a real socket.
import FaultModel
import FaultTesting
import Foundation
import Testing

@testable import FaultServer

@Suite struct MetaTests {
    @Test func healthVersionAndNode() async throws {
        try await LiveServer.with { server in
            let health = try await server.get("/healthz")
            #expect(health.status == 200 && health.text == "ok\n")
            let version: VersionDocument = try await server.get("/version").decoded()
            #expect(version.version == "test" && version.api == "v1")
            let node: NodeDocument = try await server.get("/v1/node").decoded()
            #expect(node.node == "model" && node.active == 0)
        }
    }

    @Test func readyUntilAFaultIsStuck() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            #expect(try await server.get("/readyz").status == 200)
            let fault = try await bench.inject("network.drop", ["port": "443"])
            bench.host.breakVerb("revert packets")
            let ended = try await server.call("DELETE", "/v1/faults/\(fault.id)")
            #expect(ended.status == 200)
            #expect(try ended.decoded(as: FaultDocument.self).state == .stuck)
            let ready = try await server.get("/readyz")
            #expect(ready.status == 503)
            #expect(try ready.decoded(as: ReadyDocument.self).stuck == [fault.id])
        }
    }

    @Test func theCheatSheetHasTheRealPathAndFitsTheReader() async throws {
        try await LiveServer.with { server in
            let text = try await server.get("/", headers: ["accept": "*/*"])
            #expect(text.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(text.text.contains("--unix-socket \(server.path)"))
            #expect(text.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 40, "it must fit a screen")
            #expect(text.text.split(separator: "\n").allSatisfy { $0.count <= 110 })
            let page = try await server.get("/", headers: ["accept": "text/html,application/xhtml+xml"])
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("<pre>") && page.text.contains("wait=reverted&amp;timeout"))
        }
    }

    /// What the sheet tells people to type is what the server takes.
    @Test func everyLineOfTheCheatSheetWorks() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let sheet = CheatSheet(socketPath: server.path, version: "test").text
            let lines = sheet.split(separator: "\n").filter { $0.hasPrefix("  f ") && !$0.contains("/v1/events") && !$0.contains("wait=") }
            #expect(lines.count >= 10)
            for (number, line) in lines.enumerated() {
                var command = String(line).replacing(
                    "  f ", with: "curl -sS -o /dev/null -w '%{http_code}' --unix-socket \(server.path) ", maxReplacements: 1)
                if command.contains("ID") {
                    let fault = try await bench.inject("network.drop", ["port": "\(number + 1)"])
                    command = command.replacing("ID", with: fault.id.text)
                }
                let status = try await shell(command)
                #expect(["200", "201"].contains(status), "\(status): \(line)")
            }
        }
    }

    @Test func kindsAreListedAndNamed() async throws {
        try await LiveServer.with { server in
            let kinds: ListDocument<KindDocument> = try await server.get("/v1/kinds").decoded()
            #expect(kinds.items.map(\.name).contains("network.drop"))
            let kind: KindDocument = try await server.get("/v1/kinds/unit.stop").decoded()
            #expect(kind.name == "unit.stop" && kind.available)
            let unknown = try await server.get("/v1/kinds/unit.stpo")
            #expect(unknown.status == 404)
            #expect(try "\(unknown.problem)".contains("unit.stop"))
        }
    }

    @Test func jsonIsIndentedInDeclaredOrderAndEndsWithALine() async throws {
        try await LiveServer.with { server in
            let pretty = try await server.get("/version")
            #expect(pretty.headers["content-type"] == "application/json")
            #expect(pretty.text == "{\n  \"name\": \"faultd\",\n  \"version\": \"test\",\n  \"api\": \"v1\"\n}\n")
            #expect(try await server.get("/version?pretty=false").text == "{\"name\":\"faultd\",\"version\":\"test\",\"api\":\"v1\"}\n")
            #expect(pretty.headers["date"]?.hasSuffix(" GMT") == true)
        }
    }

    @Test func headIsGetWithoutTheBody() async throws {
        try await LiveServer.with { server in
            let get = try await server.get("/version")
            let head = try await server.call("HEAD", "/version/")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.headers["content-length"] == get.headers["content-length"])
            #expect(head.headers["content-type"] == get.headers["content-type"])
        }
    }

    @Test func wrongPathsAndMethodsAreProblems() async throws {
        try await LiveServer.with { server in
            let missing = try await server.get("/v1/fautls")
            #expect(missing.status == 404)
            #expect(missing.headers["content-type"] == "application/problem+json")
            #expect(try missing.problem.hint?.contains("did you mean /v1/faults?") == true)
            let method = try await server.call("PATCH", "/v1/halt")
            #expect(method.status == 405)
            #expect(method.headers["allow"] == "POST, GET, HEAD, DELETE")
            #expect(try method.problem.type == .methodNotAllowed)
            let parameter = try await server.get("/v1/node?verbos=1")
            #expect(parameter.status == 400)
            #expect(try parameter.problem.errors?.first?.field == "query.verbos")
        }
    }

    @Test func aConnectionServesManyRequests() async throws {
        try await LiveServer.with { server in
            let connection = try RawConnection(to: server.path)
            for _ in 0..<2 { try await connection.send("GET /nowhere HTTP/1.1\r\nhost: node\r\n\r\nGET /healthz HTTP/1.1\r\nhost: node\r\n\r\n") }
            try await connection.send("GET /healthz HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n")
            let all = String(decoding: try await connection.readToEnd(), as: UTF8.self)
            #expect(all.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
            #expect(all.components(separatedBy: "HTTP/1.1 404 Not Found").count == 3)
        }
    }

}
