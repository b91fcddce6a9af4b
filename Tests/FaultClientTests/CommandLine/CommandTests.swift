// The program from outside: what it sends, prints, and exits with.
import FaultModel
import Foundation
import Testing

@testable import FaultClient

@Suite(.serialized, .timeLimit(.minutes(2))) struct CommandTests {
    /// Runs `body` beside a daemon that answers as `answer` says.
    private func beside(
        _ answer: @escaping @Sendable (CannedServer.Request) -> CannedServer.Reply, _ body: (CannedServer) async throws -> Void
    ) async throws {
        let server = try CannedServer(answer)
        defer { server.stop() }
        try await body(server)
    }

    @Test func injectSendsTheFormAndTellsHowToEndIt() async throws {
        try await beside({ _ in .json(Samples.fault(), status: 201) }) { server in
            let run = try await Program.run(
                "inject", "network.drop", "port=443", "--lease", "5m", "port=80", "--reason", "a b", "--label", "app.kubernetes.io/name=x=y",
                "--confirm-within", "30s", "--allow-irreversible", "--owner", "bo", socket: server.path)
            #expect(run.status == 0)
            #expect(run.out.contains("end it  faultctl revert 00AAAA11\n"))
            #expect(run.errors == "")
            #expect(
                server.requests.map(\.body) == [
                    "kind=network.drop&port=443&port=80&lease=5m&reason=a%20b&labels.app.kubernetes.io%2Fname=x%3Dy&owner=bo&confirm_within=30s&allow_irreversible=true"
                ])
        }
    }

    @Test func jsonIsWhatTheDaemonSaid() async throws {
        try await beside({ _ in .json(Samples.fault()) }) { server in
            let run1 = try await Program.run("inject", "network.drop", "-o", "json", socket: server.path)
            #expect(run1.out == Samples.fault() + "\n")
            let run2 = try await Program.run("show", Samples.id, "-o", "json", socket: server.path)
            #expect(run2.out == Samples.fault() + "\n")
            let run3 = try await Program.run("inject", "network.drop", "-o", "id", socket: server.path)
            #expect(run3.out == Samples.id + "\n")
        }
    }

    @Test func aRefusalGoesToStderrWithEveryField() async throws {
        try await beside({ _ in .problem(Samples.problem, status: 400) }) { server in
            let run = try await Program.run("inject", "network.drop", "prot=1", socket: server.path)
            #expect(run.status == 1)
            #expect(run.out == "")
            #expect(
                run.errors
                    == "error: 2 fields are wrong:\n  spec.prot: is not a field of network.drop\n  spec.ports[0]: must be a port\nhint: it takes: ports, protocol\n"
            )
            let json = try await Program.run("inject", "network.drop", "-o", "json", socket: server.path)
            #expect(json.out == "")
            #expect(JSONValue(parsing: json.errors.utf8)?["errors"]?.arrayValue?.count == 2)
        }
    }

    @Test func whoActsGoesAlong() async throws {
        try await beside({ _ in .json(Samples.fault()) }) { server in
            for words in [["renew", "--lease", "1m"], ["confirm"], ["revert"], ["takeover", "--lease", "1m"]] {
                let run = try await Program.run(words + [Samples.id, "--owner", "driver-1", "--fence", "2"], socket: server.path)
                #expect(run.errors == "")
            }
            #expect(
                server.requests.map { "\($0.method) \($0.target) \($0.body)" } == [
                    "POST /v1/faults/\(Samples.id)/renew {\"lease\":\"1m\",\"owner\":\"driver-1\",\"fence\":2}",
                    "POST /v1/faults/\(Samples.id)/confirm {\"owner\":\"driver-1\",\"fence\":2}",
                    "DELETE /v1/faults/\(Samples.id)?owner=driver-1&fence=2 ",
                    "POST /v1/faults/\(Samples.id)/takeover {\"lease\":\"1m\",\"owner\":\"driver-1\",\"fence\":2}",
                ])
        }
    }

    @Test func revertingAllTellsWhatWasAnothers() async throws {
        let refusal = #""type":"not-owner","title":"Not owner","status":403,"detail":"1 ended, 1 not","#
        let answer = Samples.ended(Samples.fault(state: "reverted", extra: #""clean":true,"#), refused: [Samples.otherID], problem: refusal)
        try await beside({ _ in .problem(answer, status: 403) }) { server in
            let run = try await Program.run("revert", "--all", socket: server.path)
            #expect(run.status == 1)
            #expect(run.out.hasPrefix("00AAAA11  network.drop  reverted"))
            #expect(run.errors.contains(Samples.otherID) && run.errors.contains("held by bo"))
        }
    }

    private static let talking = [
        "list", "list -o json", "kinds -o id", "version", "show AAAA11", "verify", "halt --status", "doctor", "events --no-follow", "kinds x",
    ]

    /// Whatever is asked, and whatever the answer: a program that reads JSON is warned too, and so is who gets an error.
    @Test(arguments: talking) func everyCommandSaysThatFaultsAreStuck(line: String) async throws {
        try await beside({ request in
            var reply = Self.answer(to: request.target)
            reply.headers["faultd-stuck"] = "2"
            return reply
        }) { server in
            let run = try await Program.run(line.split(separator: " ").map(String.init), socket: server.path)
            let warning = "faultd: 2 faults are STUCK, could not be undone yet: faultctl list --state stuck\n"
            #expect(run.errors.components(separatedBy: warning).count == 2, "\(run.errors)")
            #expect(!run.out.contains("STUCK"))
            if line == "verify" { #expect(run.status == 5) }
        }
    }

    private static func answer(to target: String) -> CannedServer.Reply {
        switch target {
        case "/v1/kinds": .json(Samples.list(Samples.kind))
        case "/v1/kinds/x":
            .problem(#"{"type":"not-found","title":"t","status":404,"detail":"there is no kind x"}"#, status: 404)
        case "/version": .json(#"{"name":"faultd","version":"1","api":"v1"}"#)
        case "/v1/verify": .json(#"{"clean":true,"orphans":[],"accounted":[],"faults":[]}"#)
        case "/v1/halt": .json(#"{"halted":false}"#)
        case "/v1/node": .json(Samples.node)
        case let events where events.hasPrefix("/v1/events"): .events([], stays: false)
        case let list where list.hasPrefix("/v1/faults?"): .json(Samples.list(Samples.fault()))
        default: .json(Samples.fault())
        }
    }

    private static let commandLines: [(String, Int32)] = [
        ("list", 3), ("doctor", 3), ("version", 3), ("watch", 3), ("events", 3), ("inject network.drop --wait", 3), ("frobnicate", 2), ("inject", 2),
        ("inject network.drop 443", 2), ("inject container.kill label.app=web", 2), ("revert", 2), ("revert --all 01JD6W0K", 2),
        ("revert --all --owner x", 2), ("show abc", 2),
        ("list -o yaml", 2), ("list --limit 0", 2), ("--help", 0), ("inject --help", 0), ("--version", 0), ("--generate-completion-script bash", 0),
    ]

    @Test(arguments: commandLines)
    func exitCodesWithNoDaemon(line: String, status: Int32) async throws {
        let run = try await Program.run(line.split(separator: " ").map(String.init))
        #expect(run.status == status)
        // The doctor's findings are a result, whatever they are.
        #expect(run.errors.isEmpty == (status == 0 || line == "doctor"))
    }

    @Test func exitCodesOfAnswers() async throws {
        try await beside({ request in
            switch request.target {
            case "/v1/verify": .json(#"{"clean":false,"orphans":[{"mechanism":"packets","fault":null,"name":"X"}],"accounted":[],"faults":[]}"#)
            case "/v1/kinds/x": .problem(#"{"type":"not-found","title":"t","status":404,"detail":"there is no kind x"}"#, status: 404)
            case "/v1/halt": .json(#"{"halted":true,"reverted":[],"stuck":["\#(Samples.id)"]}"#)
            case "/v1/faults?limit=1000": .json(Samples.list(Samples.fault()))
            default: .json(Samples.fault(state: "stuck"))
            }
        }) { server in
            let run4 = try await Program.run("verify", socket: server.path)
            #expect(run4.status == 5)
            let run5 = try await Program.run("kinds", "x", socket: server.path)
            #expect(run5.status == 4)
            let run6 = try await Program.run("halt", socket: server.path)
            #expect(run6.status == 5)
            let run7 = try await Program.run("revert", "AAAA11", socket: server.path)
            #expect(run7.status == 5)
            let run8 = try await Program.run("show", "ZZZZ99", socket: server.path)
            #expect(run8.status == 4)
        }
    }

    @Test func listAsksForWhatIsOpenAndMarksMore() async throws {
        try await beside({ request in
            request.target.hasPrefix("/v1/kinds") ? .json(Samples.list(Samples.kind)) : .json(Samples.list(Samples.fault(), next: Samples.id))
        }) { server in
            let run = try await Program.run("list", "--label", "team=edge", socket: server.path)
            #expect(server.requests.first?.target == "/v1/faults?state=applying&state=active&state=reverting&state=stuck&label=team%3Dedge&limit=100")
            #expect(run.out.hasPrefix("ID        KIND"))
            #expect(run.errors.contains("--after \(Samples.id)"))
            _ = try await Program.run("list", "--all", "-o", "json", socket: server.path)
            #expect(server.requests.last?.target == "/v1/faults?limit=100")
        }
    }

    @Test func anEmptyListIsNoOutput() async throws {
        try await beside({ _ in .json(Samples.list()) }) { server in
            let run = try await Program.run("list", socket: server.path)
            #expect(run.out == "")
            #expect(run.errors.hasPrefix("No faults in force."))
            #expect(run.status == 0)
        }
    }

    @Test func revertLooksUpAllIdsBeforeItTouchesAny() async throws {
        try await beside({ _ in .json(Samples.list(Samples.fault())) }) { server in
            let run = try await Program.run("revert", "AAAA11", "ZZZZ99", socket: server.path)
            #expect(run.status == 4)
            #expect(!server.requests.contains { $0.method == "DELETE" })
        }
    }

    @Test func waitListensFirstAndEndsWithTheRecovery() async throws {
        let back = #"{"containers":[{"runtime":"docker","name":"web","workload":"w","outcome":"restarted","old_id":"1","relaunch_time":"1.2s"}]}"#
        let waiting = back.replacing("restarted", with: "waiting")
        try await beside({ request in
            switch (request.method, request.target) {
            case ("GET", "/v1/events"): .events([Samples.frame(1, "fault.evidence", "web: runs again")], stays: true)
            case ("POST", _): .json(Samples.fault(kind: "container.kill", evidence: waiting), status: 201)
            default: .json(Samples.fault(kind: "container.kill", evidence: back))
            }
        }) { server in
            let run = try await Program.run("inject", "container.kill", "name=web", "--wait", socket: server.path)
            #expect(run.status == 0)
            #expect(server.requests.map { "\($0.method) \($0.target)" } == ["GET /v1/events", "POST /v1/faults", "GET /v1/faults/\(Samples.id)"])
            #expect(run.out.contains("fault.evidence    00AAAA11  web: runs again\nEverything is back.\n  web: runs again after 1.2s"))
        }
    }

    @Test func whatDidNotComeBackIsExitCodeFive() async throws {
        let gone = #"{"containers":[{"runtime":"docker","name":"web","workload":"w","outcome":"did-not-come-back","old_id":"1"}]}"#
        try await beside({ request in
            request.method == "GET" ? .events([], stays: true) : .json(Samples.fault(state: "reverted", evidence: gone), status: 201)
        }) { server in
            let run = try await Program.run("inject", "container.kill", "name=web", "--wait", socket: server.path)
            #expect(run.status == 5)
            #expect(run.out.contains("web: did not come back"))
        }
    }

    @Test func eventsAreOneLineEach() async throws {
        try await beside({ _ in .events([Samples.frame(1), Samples.frame(2)], stays: false) }) { server in
            let json = try await Program.run("events", "--no-follow", "-o", "json", socket: server.path)
            #expect(json.out == Samples.event(1) + "\n" + Samples.event(2) + "\n")
            #expect(server.requests.first?.headers["last-event-id"] == "0")
            let text = try await Program.run("events", "--no-follow", "--since", "1", socket: server.path)
            #expect(text.out.split(separator: "\n").count == 2)
            #expect(server.requests.last?.headers["last-event-id"] == "1")
        }
    }

    @Test func noEscapesWhereThereIsNoTerminal() async throws {
        try await beside({ request in
            request.target == "/v1/kinds" ? .json(Samples.list(Samples.kind)) : .json(Samples.list(Samples.fault(state: "stuck")))
        }) {
            let run = try await Program.run("list", socket: $0.path, environment: ["TERM": "xterm-256color"])
            #expect(!run.out.contains("\u{1b}"))
            #expect(run.out.contains("stuck"))
        }
    }

    @Test func helpTellsTheExitCodes() async throws {
        let help = try await Program.run("--help").out
        for line in ["  0  done as asked", "  3  the daemon can't be reached", "  5  done, but"] { #expect(help.contains(line)) }
    }

    @Test func aProbeAnswersByItsExitCode() async throws {
        try await beside({ request in
            request.target == "/healthz"
                ? .json("ok") : .json(#"{"ready":false,"stuck":["\#(Samples.id)"],"detail":"1 fault is stuck"}"#, status: 503)
        }) { server in
            let alive = try await Program.run("probe", "alive", socket: server.path)
            #expect(alive.status == 0 && alive.out == "" && alive.errors == "")
            let ready = try await Program.run("probe", "ready", socket: server.path)
            #expect(ready.status == 5 && ready.out == "1 fault is stuck\n")
            #expect(server.requests.map(\.target) == ["/healthz", "/readyz"])
        }
        try await beside({ request in
            request.target == "/healthz" ? .json("{}", status: 500) : .json(#"{"ready":true,"stuck":[],"detail":"ready"}"#)
        }) { server in
            let alive = try await Program.run("probe", "alive", socket: server.path)
            #expect(alive.status == 1)
            let ready = try await Program.run("probe", "ready", socket: server.path)
            #expect(ready.status == 0)
        }
        #expect(try await Program.run("probe", "ready").status == 3)
        #expect(try await Program.run("probe").status == 2)
    }
}
