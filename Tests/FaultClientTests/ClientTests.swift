// What the client sends, and what it makes of the answers.
import FaultModel
import Foundation
import NIOCore
import Testing

@testable import FaultClient

@Suite struct ClientTests {
    /// Runs `body` against a daemon that answers as `answer` says.
    private func talking(
        _ answer: @escaping @Sendable (CannedServer.Request) -> CannedServer.Reply, _ body: (FaultClient, CannedServer) async throws -> Void
    ) async throws {
        let server = try CannedServer(answer)
        defer { server.stop() }
        let client = FaultClient(socket: server.path)
        do { try await body(client, server) } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    @Test func aFormGoesOutAsCurlSendsIt() async throws {
        try await talking({ _ in .json(Samples.fault(), status: 201) }) { client, server in
            let answer = try await client.create(form: [("kind", "network.drop"), ("port", "443"), ("reason", "a & b")], idempotencyKey: "k1")
            #expect(answer.status == 201)
            #expect(answer.state == .active)
            #expect(String(decoding: answer.body, as: UTF8.self) == Samples.fault())
            let request = try #require(server.requests.first)
            #expect(request.method == "POST")
            #expect(request.target == "/v1/faults")
            #expect(request.body == "kind=network.drop&port=443&reason=a%20%26%20b")
            #expect(request.headers["content-type"] == "application/x-www-form-urlencoded")
            #expect(request.headers["host"] == "node")
            #expect(request.headers["idempotency-key"] == "k1")
        }
    }

    @Test func aRequestGoesOutAsJSONThatReadsBackTheSame() async throws {
        var wanted = FaultRequest(kind: "network.drop", spec: ["ports": [443]], lease: .seconds(90))
        wanted.labels = StringMap(["team": "edge"])
        wanted.confirmWithin = .seconds(30)
        wanted.allowIrreversible = true
        try await talking({ _ in .json(Samples.fault()) }) { client, server in
            _ = try await client.create(wanted)
            let body = try #require(server.requests.first?.body)
            #expect(try FaultRequest(json: #require(JSONValue(parsing: body.utf8))) == wanted)
        }
    }

    @Test func everyVerbHasItsRoute() async throws {
        let id = try #require(FaultID(Samples.id))
        var query = HistoryQuery()
        query.states = [.active, .stuck]
        query.labels = ["team": "edge"]
        query.limit = 7
        try await talking({ request in
            guard request.target.contains("?state") else { return .json(Samples.fault()) }
            return .json(request.method == "DELETE" ? Samples.ended(Samples.fault()) : Samples.list(Samples.fault()))
        }) { [query] client, server in
            _ = try await client.fault(id)
            _ = try await client.wait(id, for: .reverted, timeout: .seconds(30))
            _ = try await client.renew(id, lease: "10m")
            _ = try await client.confirm(id)
            _ = try await client.end(id)
            _ = try await client.faults(query)
            _ = try await client.endAll(query)
            let driver = Standing(owner: "driver 1", fence: 3)
            _ = try await client.renew(id, as: driver)
            _ = try await client.confirm(id, as: driver)
            _ = try await client.end(id, as: driver)
            _ = try await client.takeOver(id, lease: "5m", as: driver)
            #expect(
                server.requests.map { "\($0.method) \($0.target) \($0.body)" } == [
                    "GET /v1/faults/\(id) ", "GET /v1/faults/\(id)?wait=reverted&timeout=30s ", "POST /v1/faults/\(id)/renew {\"lease\":\"10m\"}",
                    "POST /v1/faults/\(id)/confirm {}", "DELETE /v1/faults/\(id) ",
                    "GET /v1/faults?state=active&state=stuck&label=team%3Dedge&limit=7 ",
                    "DELETE /v1/faults?state=active&state=stuck&label=team%3Dedge ",
                    "POST /v1/faults/\(id)/renew {\"owner\":\"driver 1\",\"fence\":3}",
                    "POST /v1/faults/\(id)/confirm {\"owner\":\"driver 1\",\"fence\":3}",
                    "DELETE /v1/faults/\(id)?owner=driver%201&fence=3 ",
                    "POST /v1/faults/\(id)/takeover {\"lease\":\"5m\",\"owner\":\"driver 1\",\"fence\":3}",
                ])
        }
    }

    @Test func whatWasLeftOfEndingManyIsAnAnswerAndOtherRefusalsAreThrown() async throws {
        let refusal = #""type":"not-owner","title":"Not owner","status":403,"detail":"1 ended, 1 not","#
        let answer = Samples.ended(Samples.fault(state: "reverted"), refused: [Samples.otherID], problem: refusal)
        try await talking({ _ in .problem(answer, status: 403) }) { client, _ in
            let ended = try await client.endAll()
            #expect(ended.status == 403 && ended.items.map(\.id.text) == [Samples.id] && ended.refused.map(\.field) == [Samples.otherID])
            // Free-form parts keep the order they came in.
            #expect(ended.items.first?.spec.text() == Samples.dropSpec)
        }
        try await talking({ _ in .problem("{\(refusal)\"hint\":null}", status: 403) }) { client, _ in
            let problem = await #expect(throws: Problem.self) { _ = try await client.endAll() }
            #expect(problem?.type == .notOwner && problem?.detail == "1 ended, 1 not")
        }
    }

    @Test func theHeaderSaysHowManyAreStuck() async throws {
        try await talking({ request in
            var reply = CannedServer.Reply.json(Samples.fault())
            if request.target.contains("AAAA11") { reply.headers = ["Faultd-Stuck": "2"] }
            return reply
        }) { client, _ in
            #expect(client.stuckCount == 0)
            _ = try await client.fault(try #require(FaultID(Samples.id)))
            #expect(client.stuckCount == 2)
            _ = try await client.fault(try #require(FaultID(Samples.otherID)))
            #expect(client.stuckCount == 0)
        }
    }

    @Test func aSegmentCannotBecomeAnotherPath() async throws {
        try await talking({ _ in .json(Samples.kind) }) { client, server in
            _ = try await client.kind("../halt?x")
            #expect(server.requests.first?.target == "/v1/kinds/..%2Fhalt%3Fx")
        }
    }

    @Test func theDaemonsProblemIsThrownAsItIs() async throws {
        try await talking({ _ in .problem(Samples.problem, status: 400) }) { client, _ in
            let problem = await #expect(throws: Problem.self) { _ = try await client.kinds() }
            #expect(problem?.type == .unknownField)
            #expect(problem?.errors?.map(\.field) == ["spec.prot", "spec.ports[0]"])
            #expect(problem?.isUnreachable == false)
        }
    }

    @Test(arguments: [
        ("not JSON at all", 503, "faultd answered with HTTP status 503"),
        (#"{"type":"from-the-future","title":"T","status":418,"detail":"a new word"}"#, 418, "a new word"),
    ])
    func errorsOfOtherFormsAreProblemsToo(body: String, status: Int, detail: String) async throws {
        try await talking({ _ in .problem(body, status: status) }) { client, _ in
            let problem = await #expect(throws: Problem.self) { _ = try await client.kinds() }
            #expect(problem?.status == status)
            #expect(problem?.detail == detail)
        }
    }

    @Test func notBeingReadyIsAnAnswer() async throws {
        let body = #"{"ready":false,"stuck":["\#(Samples.id)"],"detail":"1 fault is stuck"}"#
        try await talking({ _ in .json(body, status: 503) }) { client, _ in
            let stuck = try await client.ready().document.stuck
            #expect(stuck.map(\.text) == [Samples.id])
        }
    }

    @Test func anAnswerOfAnotherShapeIsToldApart() async throws {
        try await talking({ _ in .json("{\"surprise\":1}") }) { client, _ in
            let problem = await #expect(throws: Problem.self) { _ = try await client.version() }
            #expect(problem?.type == .internalError)
            #expect(problem?.hint?.contains("newer") == true)
        }
    }
}

@Suite struct UnreachableTests {
    private func version(_ socket: String) async -> Problem? {
        await #expect(throws: Problem.self) { try await FaultClient.with(socket: socket) { _ = try await $0.version() } }
    }

    @Test func noSocketIsToldAtOnce() async {
        var shortest = Duration.seconds(60)
        var problem: Problem?
        // The best of three: other tests keep this machine busy.
        for _ in 0..<3 {
            let start = ContinuousClock.now
            problem = await version("/tmp/faultctl-test-nothing-here.sock")
            shortest = min(shortest, start.duration(to: .now))
        }
        #expect(problem?.isUnreachable == true)
        #expect(problem?.detail.contains("no control socket at /tmp/faultctl-test-nothing-here.sock") == true)
        #expect(problem?.hint?.contains("systemctl status faultd") == true)
        #expect(shortest < .seconds(2), "no connect retries")
    }

    @Test func aSocketNobodyListensOn() async throws {
        let server = try CannedServer { _ in .silence }
        let stale = server.path + ".stale"
        defer { unlink(stale) }
        #expect(rename(server.path, stale) == 0)
        server.stop()
        let problem = await version(stale)
        #expect(problem?.isUnreachable == true)
        #expect(problem?.detail.contains("nobody listens") == true)
    }

    /// Root may open any socket, so the error itself is given.
    @Test func noPermissionNamesTheGroup() {
        let problem = Problem(IOError(errnoCode: EACCES, reason: "connect"), socket: "/run/faultd/faultd.sock", patience: .seconds(1))
        #expect(problem.isUnreachable)
        #expect(problem.detail.contains("group faultd"))
        #expect(problem.hint?.contains("usermod -aG faultd") == true)
    }

    @Test func aPathThatIsTooLong() async {
        let problem = await version("/tmp/" + String(repeating: "x", count: 120))
        #expect(problem?.isUnreachable == true)
        #expect(problem?.detail.contains("too long") == true)
    }

    @Test func aConnectionThatBreaksSaysWhatIsUnknown() async throws {
        let server = try CannedServer { _ in .silence }
        defer { server.stop() }
        let problem = await version(server.path)
        #expect(problem?.isUnreachable == true)
        #expect(problem?.detail.contains("may or may not have happened") == true)
    }
}
