// Bodies on the wire: too large, of another type, broken off.
import FaultModel
import FaultTesting
import Foundation
import Testing

@Suite struct BodyTests {
    @Test func aBodyThatIsTooLargeIsRefused() async throws {
        try await LiveServer.with { server in
            let fits = "kind=network.drop&reason=" + String(repeating: "x", count: Limits.bodyBytes - 25)
            #expect(fits.utf8.count == Limits.bodyBytes)
            #expect(try await server.post("/v1/faults", form: fits).status == 400)
            let answer = try await server.post("/v1/faults", form: fits + "x")
            #expect(answer.status == 413)
            #expect(try answer.problem.detail == "the body is larger than 1048576 bytes")
        }
    }

    @Test func soIsOneThatDoesNotSayHowLargeItIs() async throws {
        try await LiveServer.with { server in
            let connection = try RawConnection(to: server.path)
            try await connection.send("POST /v1/faults HTTP/1.1\r\nhost: node\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
            for _ in 0..<17 { try await connection.send(chunk) }
            try await connection.send("0\r\n\r\n")
            #expect(try RawAnswer(await connection.readToEnd()).status == 413)
        }
    }

    @Test func afterARefusedBodyTheConnectionGoesOn() async throws {
        try await LiveServer.with { server in
            let connection = try RawConnection(to: server.path)
            let size = Limits.bodyBytes + 100_000
            try await connection.send(
                "POST /v1/faults HTTP/1.1\r\nhost: node\r\ncontent-length: \(size)\r\n\r\n" + String(repeating: "x", count: size))
            try await connection.send("GET /healthz HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n")
            let text = String(decoding: try await connection.readToEnd(), as: UTF8.self)
            #expect(text.contains("HTTP/1.1 413") && text.hasSuffix("ok\n"))
        }
    }

    @Test func whoAsksFirstIsToldToGoOnOrNot() async throws {
        try await LiveServer.with { server in
            let form = "kind=network.drop&port=443"
            let head = "POST /v1/faults HTTP/1.1\r\nhost: node\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: "
            let polite = try RawConnection(to: server.path)
            try await polite.send(head + "\(form.utf8.count)\r\n\r\n")
            try await polite.read(until: "HTTP/1.1 100 Continue\r\n\r\n")
            try await polite.send(form)
            #expect(String(decoding: try await polite.readToEnd(), as: UTF8.self).contains("HTTP/1.1 201 Created"))
            let large = try RawConnection(to: server.path)
            try await large.send(head + "\(Limits.bodyBytes + 1)\r\n\r\n")
            try await large.read(until: "HTTP/1.1 413 ")
        }
    }

    @Test func anotherTypeIsRefused() async throws {
        try await LiveServer.with { server in
            let answer = try await server.call("POST", "/v1/faults", headers: ["content-type": "text/yaml"], body: "kind: network.drop")
            #expect(answer.status == 415)
            #expect(try answer.problem.hint?.contains("application/json") == true)
        }
    }

    @Test func badJSONSaysWhere() async throws {
        try await LiveServer.with { server in
            let answer = try await server.post("/v1/faults", json: "{\"kind\":\"network.drop\",\n \"lease\":5m}")
            #expect(answer.status == 400)
            #expect(try answer.problem.detail == "the body is not JSON: a comma or the end of the object } must stand here (line 2, column 11)")
        }
    }

    @Test func aBodyThatBreaksOffMakesNoFault() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            do {
                let connection = try RawConnection(to: server.path)
                try await connection.send("POST /v1/faults HTTP/1.1\r\nhost: node\r\ncontent-length: 100\r\n\r\nkind=network.drop&port=443")
                connection.hangUp()
            }
            try await Task.sleep(for: .milliseconds(100))
            #expect(bench.host.node.rules.isEmpty)
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test func rubbishIsRefused() async throws {
        try await LiveServer.with { server in
            let connection = try RawConnection(to: server.path)
            try await connection.send("this is no HTTP\r\n\r\n")
            #expect(try RawAnswer(await connection.readToEnd()).status == 400)
        }
    }
}
