// What only a terminal gets: colours, the live view, progress.
import Foundation
import Glibc
import Testing

@testable import FaultClient

@Suite(.serialized, .timeLimit(.minutes(2))) struct TerminalTests {
    private static func answer(_ request: CannedServer.Request) -> CannedServer.Reply {
        switch request.target {
        case "/version": .json(#"{"name":"faultd","version":"0.1.0","api":"v1"}"#)
        case "/v1/node": .json(Samples.node)
        case "/v1/kinds": .json(Samples.list(Samples.kind))
        case "/v1/events": .events([Samples.frame(1)], stays: true)
        default:
            .json(request.method == "DELETE" ? Samples.ended(Samples.fault(state: "reverted")) : Samples.list(Samples.fault()))
        }
    }

    private func on(
        _ arguments: [String], environment: [String: String] = [:],
        answer: @escaping @Sendable (CannedServer.Request) -> CannedServer.Reply = TerminalTests.answer, _ body: (PseudoTerminal) async throws -> Void
    ) async throws {
        let server = try CannedServer(answer)
        let terminal = try PseudoTerminal(arguments, socket: server.path, environment: environment)
        defer {
            terminal.close()
            server.stop()
        }
        try await body(terminal)
    }

    @Test(arguments: ["q", "\u{3}"])
    func watchTakesTheScreenAndGivesItBack(key: String) async throws {
        try await on(["watch"]) { terminal in
            let seen1 = try await terminal.shows("in force for 5m")
            #expect(seen1)
            let seen2 = try await terminal.shows("ports=443")
            #expect(seen2)
            #expect(terminal.text.hasPrefix("\u{1b}[?1049h\u{1b}[?25l"))
            #expect(!terminal.isCooked)
            terminal.type(key)
            let seen3 = try await terminal.ending()
            #expect(seen3 == 0)
            #expect(terminal.isCooked)
            let seen4 = try await terminal.shows("\u{1b}[?25h\u{1b}[?1049l")
            #expect(seen4)
        }
    }

    @Test func watchGivesTheScreenBackWhenItIsKilled() async throws {
        try await on(["watch"]) { terminal in
            let seen5 = try await terminal.shows("in force for 5m")
            #expect(seen5)
            kill(terminal.process.processIdentifier, SIGTERM)
            let seen6 = try await terminal.ending()
            #expect(seen6 == 0)
            #expect(terminal.isCooked)
        }
    }

    @Test func theCountdownNeedsNoRequests() async throws {
        let server = try CannedServer(Self.answer)
        defer { server.stop() }
        let terminal = try PseudoTerminal(["watch"], socket: server.path)
        defer { terminal.close() }
        let seen7 = try await terminal.shows("4m11s left")
        #expect(seen7)
        let asked = server.requests.count
        let seen8 = try await terminal.shows("4m8s left")
        #expect(seen8)
        #expect(server.requests.count == asked)
    }

    @Test func coloursUnlessTheyAreNotWanted() async throws {
        try await on(["list"]) { terminal in
            let seen9 = try await terminal.ending()
            #expect(seen9 == 0)
            let seen10 = try await terminal.shows("\u{1b}[32mactive\u{1b}[0m")
            #expect(seen10)
        }
        try await on(["list"], environment: ["NO_COLOR": "1"]) { terminal in
            let seen11 = try await terminal.ending()
            #expect(seen11 == 0)
            let seen12 = try await terminal.shows("active")
            #expect(seen12)
            #expect(!terminal.text.contains("\u{1b}"))
        }
    }

    @Test func whoWaitsIsToldForWhatAndHowLong() async throws {
        try await on(
            ["revert", "--all"],
            answer: { request in
                Thread.sleep(forTimeInterval: 1.5)
                return Self.answer(request)
            }
        ) { terminal in
            let seen13 = try await terminal.shows("reverting all faults")
            #expect(seen13)
            let seen14 = try await terminal.shows("reverted")
            #expect(seen14)
            let seen15 = try await terminal.ending()
            #expect(seen15 == 0)
            #expect(terminal.text.contains("\r\u{1b}[K"))
        }
    }

    @Test func aWaitThatIsInterruptedSaysThatTheFaultStays() async throws {
        try await on(
            ["inject", "network.drop", "port=443", "--wait"],
            answer: { request in
                request.target == "/v1/events" ? .events([], stays: true) : .json(Samples.fault(), status: 201)
            }
        ) { terminal in
            let seen16 = try await terminal.shows("of the lease left")
            #expect(seen16)
            kill(terminal.process.processIdentifier, SIGINT)
            let seen17 = try await terminal.ending()
            #expect(seen17 == SIGINT)
            #expect(terminal.process.terminationReason == .uncaughtSignal)
            let seen18 = try await terminal.shows("faultctl revert 00AAAA11")
            #expect(seen18)
        }
    }
}
