// The event stream over a real socket: history, resume, live, one fault's, and its end.
import FaultModel
import FaultTesting
import Foundation
import Testing

@Suite struct EventTests {
    private func ids(_ text: String) -> [Int] {
        text.replacing("\r\n", with: "\n").split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap { Int($0.dropFirst(4)) }
    }

    private func open(_ server: LiveServer, _ target: String, _ headers: String = "") async throws -> RawConnection {
        let connection = try RawConnection(to: server.path)
        try await connection.send("GET \(target) HTTP/1.1\r\nhost: node\r\n\(headers)\r\n")
        return connection
    }

    @Test func historyEnds() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let fault = try await bench.inject("network.drop", ["port": "443"])
            let answer = try await server.get("/v1/events?follow=false")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/event-stream")
            #expect(answer.headers["cache-control"] == "no-cache")
            let seen = ids(answer.text)
            #expect(seen.count >= 3)
            #expect(seen == Array(1..<seen.count + 1))
            #expect(answer.text.contains("event: fault.active\ndata: {\"seq\":"))
            #expect(answer.text.contains("\"fault\":\"\(fault.id)\""))
        }
    }

    @Test func resumesAfterTheLastOneSeen() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            _ = try await bench.inject("network.drop", ["port": "443"])
            let all = ids(try await server.get("/v1/events?follow=false").text)
            let byHeader = try await server.get("/v1/events?follow=false&after=0", headers: ["Last-Event-ID": "2"])
            let byQuery = try await server.get("/v1/events?follow=false&after=2")
            #expect(ids(byHeader.text) == Array(all.dropFirst(2)))
            #expect(ids(byQuery.text) == Array(all.dropFirst(2)))
        }
    }

    @Test func followsWithoutAGap() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let stream = try await open(server, "/v1/events", "Last-Event-ID: 0\r\n")
            try await stream.read(until: "event: daemon.started")
            let fault = try await bench.inject("unit.stop", ["unit": "nginx"])
            _ = try await server.call("DELETE", "/v1/faults/\(fault.id)")
            let text = try await stream.read(until: "event: fault.reverted")
            #expect(ids(text).count >= 5)
            #expect(ids(text) == Array(1..<ids(text).count + 1))
        }
    }

    @Test func withoutAStartOnlyWhatIsNew() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            _ = try await bench.inject("network.drop", ["port": "443"])
            let stream = try await open(server, "/v1/events")
            try await stream.read(until: "retry: 2000")
            _ = try await bench.inject("network.drop", ["port": "80"])
            let text = try await stream.read(until: "event: fault.active")
            #expect(!text.contains("daemon.started"))
        }
    }

    @Test func oneFaultsEvents() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let one = try await bench.inject("network.drop", ["port": "443"])
            let two = try await bench.inject("network.drop", ["port": "80"])
            let text = try await server.get("/v1/events?follow=false&fault=\(two.id)").text
            #expect(text.contains("\"fault\":\"\(two.id)\"") && !text.contains(one.id.text))
            #expect(try await server.get("/v1/events?fault=01JD6W3V5N8Q2R4T6Y7Z9ABCDE").status == 404)
            #expect(try await server.get("/v1/events?fault=42").problem.errors?.first?.field == "query.fault")
        }
    }

    @Test(arguments: [("after=-1", ""), ("after=x", ""), ("", "Last-Event-ID: x\r\n"), ("fellow=false", "")])
    func whatCannotBeResumedIsAProblem(query: String, header: String) async throws {
        try await LiveServer.with { server in
            let connection = try await open(server, "/v1/events?\(query)", header + "connection: close\r\n")
            let answer = try RawAnswer(await connection.readToEnd())
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"] == "application/problem+json")
        }
    }

    @Test func aListenerThatLeftIsForgotten() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let before = bench.clock.sleeperCount
            let stream = try await open(server, "/v1/events")
            try await stream.read(until: "retry: 2000")
            while bench.clock.sleeperCount == before { try await Task.sleep(for: .milliseconds(5)) }
            bench.clock.advance(by: .seconds(10))
            try await stream.read(until: ": ping")
            stream.hangUp()
            for _ in 0..<200 where bench.clock.sleeperCount > before {
                bench.clock.advance(by: .seconds(10))
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(bench.clock.sleeperCount == before)
        }
    }

    @Test func headDoesNotStream() async throws {
        try await LiveServer.with { server in
            let head = try await server.call("HEAD", "/v1/events")
            #expect(head.status == 200 && head.body.isEmpty && head.headers["content-type"] == "text/event-stream")
        }
    }

    @Test func aStopEndsTheStreamAtOnceAndProperly() async throws {
        try await LiveServer.with { server in
            let stream = try await open(server, "/v1/events")
            try await stream.read(until: "retry: 2000")
            let start = ContinuousClock.now
            await server.stop()
            let bytes = try await stream.readToEnd()
            #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("0\r\n\r\n"), "the last chunk says that this is all")
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }
}
