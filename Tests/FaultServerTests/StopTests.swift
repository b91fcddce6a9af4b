// Stopping: nobody new, nobody cut off, nobody waited for longer than agreed, nothing left behind.
import FaultModel
import FaultTesting
import Foundation
import HTTPTypes
import Testing

@testable import FaultServer

@Suite struct StopTests {
    /// A request that ends when the test says so.
    private final class Gate: Sendable {
        private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        private let (entered, enter) = AsyncStream.makeStream(of: Void.self)

        var route: Route {
            Route(.post, "/slow", "waits") { [self] _ in
                enter.finish()
                // The engine's verbs don't stop when their caller does either.
                await Task { [stream] in for await _ in stream {} }.value
                return .text("done\n")
            }
        }
        func untilEntered() async { for await _ in entered {} }
        func open() { continuation.finish() }
    }

    @Test func aRunningRequestIsAnsweredAndNobodyNewIsTaken() async throws {
        let gate = Gate()
        try await LiveServer.with(routes: [gate.route]) { server in
            async let slow = server.call("POST", "/slow")
            await gate.untilEntered()
            await server.stop()
            while (try? RawConnection(to: server.path)) != nil { try await Task.sleep(for: .milliseconds(5)) }
            gate.open()
            #expect(try await slow.text == "done\n")
        }
    }

    @Test func aRequestThatTakesTooLongIsCutOff() async throws {
        let gate = Gate()
        let opener = Task {
            try await Task.sleep(for: .seconds(60))
            gate.open()
        }
        defer { opener.cancel() }
        let start = ContinuousClock.now
        try await LiveServer.with(routes: [gate.route], stopWithin: .milliseconds(200)) { server in
            let connection = try RawConnection(to: server.path)
            try await connection.send("POST /slow HTTP/1.1\r\nhost: node\r\n\r\n")
            await gate.untilEntered()
            await server.stop()
            #expect(try await connection.readToEnd().isEmpty)
        }
        #expect(ContinuousClock.now - start < .seconds(45), "the server must not wait for a verb that does not end")
    }

    @Test func anIdleConnectionIsClosedAtOnce() async throws {
        try await LiveServer.with(routes: [], stopWithin: .seconds(60)) { server in
            let connection = try RawConnection(to: server.path)
            try await connection.send("GET /x HTTP/1.1\r\nhost: node\r\n\r\n")
            try await connection.read(until: "there is nothing at")
            let start = ContinuousClock.now
            await server.stop()
            _ = try await connection.readToEnd()
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func whoWaitsForAFaultIsAnsweredWithItAsItStands() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let fault = try await bench.inject("network.drop", ["port": "443"])
            async let waiting = server.get("/v1/faults/\(fault.id)?wait=reverted&timeout=1h")
            while bench.clock.sleeperCount < 3 { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            await server.stop()
            let answer = try await waiting
            #expect(answer.status == 200)
            #expect(try answer.decoded(as: FaultDocument.self).state == .active)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func theSocketIsTakenAwayUnlessItIsSomebodyElses() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s"
            let first = try UnixSocket.bind(path: path)
            try await LiveServer.serve(RouteTable(routes: []), on: first) { _ in }
            #expect(access(path, F_OK) != 0)
            let second = try UnixSocket.bind(path: path)
            try await LiveServer.serve(RouteTable(routes: []), on: second) { _ in
                unlink(path)
                try "successor".write(toFile: path, atomically: false, encoding: .utf8)
            }
            #expect(access(path, F_OK) == 0)
        }
    }

    /// What systemd does with a .socket unit: it binds and listens, hands over the descriptor, and keeps the file.
    @Test func aSocketThatWasHandedOverIsServedAndStays() async throws {
        try await withTemporaryFolder { folder in
            let made = try UnixSocket.bind(path: folder + "/s")
            let handedOver = try UnixSocket.inherited(descriptor: made.descriptor)
            #expect(handedOver.path == made.path)
            try await LiveServer.serve(RouteTable(routes: [Route(.get, "/", "") { .text("\($0.caller.uid ?? 99)") }]), on: handedOver) { server in
                let answer = try await server.get("/")
                #expect(answer.text == "\(getuid())")
            }
            #expect(access(made.path, F_OK) == 0)
        }
    }
}
