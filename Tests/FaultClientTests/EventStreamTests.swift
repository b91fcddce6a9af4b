// The event stream: history, resuming, and daemons that come and go.
import FaultModel
import Synchronization
import Testing

@testable import FaultClient

@Suite(.timeLimit(.minutes(1))) struct EventStreamTests {
    @Test func historyEndsWithTheLastEvent() async throws {
        let server = try CannedServer { _ in .events([Samples.frame(1), Samples.frame(2)], stays: false) }
        defer { server.stop() }
        let seen = try await FaultClient.with(socket: server.path) { client in
            var seen: [Int64] = []
            for try await event in client.events(after: 0, follow: false) { seen.append(event.seq) }
            return seen
        }
        #expect(seen == [1, 2])
        #expect(server.requests.map(\.target) == ["/v1/events?follow=false"])
        #expect(server.requests.first?.headers["last-event-id"] == "0")
        #expect(server.requests.first?.headers["accept"] == "text/event-stream")
    }

    @Test func aBrokenStreamIsTakenUpWhereItBroke() async throws {
        let calls = Mutex(0)
        let server = try CannedServer { _ in
            let call = calls.withLock {
                $0 += 1; return $0
            }
            return call == 1 ? .events([Samples.frame(4), Samples.frame(5)], stays: false) : .events([Samples.frame(6)], stays: true)
        }
        defer { server.stop() }
        let updates = try await take(5, from: server.path)
        #expect(updates == ["connected", "4", "5", "lost", "connected"])
        #expect(server.requests.map { $0.headers["last-event-id"] } == [nil, "5"])
    }

    /// The first `count` updates, in words.
    private func take(_ count: Int, from socket: String) async throws -> [String] {
        try await FaultClient.with(socket: socket) { client in
            var words: [String] = []
            for try await update in client.eventUpdates() {
                switch update {
                case .connected: words.append("connected")
                case .event(let event, _): words.append(String(event.seq))
                case .lost: words.append("lost")
                }
                if words.count == count { break }
            }
            return words
        }
    }

    @Test func anEventOfAnUnknownTypeIsPassedOver() async throws {
        let server = try CannedServer { _ in .events([Samples.frame(1, "fault.levitated"), Samples.frame(2)], stays: false) }
        defer { server.stop() }
        let seen = try await FaultClient.with(socket: server.path) { client in
            var seen: [Int64] = []
            for try await event in client.events(after: 0, follow: false) { seen.append(event.seq) }
            return seen
        }
        #expect(seen == [2])
    }

    @Test func theJSONOfAnEventComesAsItWasSent() async throws {
        let server = try CannedServer { _ in .events([Samples.frame(3)], stays: false) }
        defer { server.stop() }
        let json = try await FaultClient.with(socket: server.path) { client in
            for try await case .event(_, let json) in client.eventUpdates(after: 2, follow: false) { return json }
            return ""
        }
        #expect(json == Samples.event(3))
    }

    @Test func aDaemonThatWasNeverThereEndsIt() async {
        let problem = await #expect(throws: Problem.self) {
            try await FaultClient.with(socket: "/tmp/faultctl-test-nobody.sock") { client in
                for try await _ in client.eventUpdates() {}
            }
        }
        #expect(problem?.isUnreachable == true)
    }

    @Test func aRefusalEndsIt() async throws {
        let server = try CannedServer { _ in .problem(Samples.problem, status: 400) }
        defer { server.stop() }
        let problem = await #expect(throws: Problem.self) {
            try await FaultClient.with(socket: server.path) { client in
                for try await _ in client.events() {}
            }
        }
        #expect(problem?.status == 400)
        #expect(server.requests.count == 1)
    }
}
