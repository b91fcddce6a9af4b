// Finding a route, and what is said when there is none.
import FaultModel
import HTTPTypes
import Testing

@testable import FaultServer

@Suite struct RouteTableTests {
    private let table = RouteTable(routes: [
        Route(.get, "/", "root") { _ in .text("root") },
        Route(.get, "/v1/faults", "list") { _ in .text("list") },
        Route(.post, "/v1/faults", "create") { _ in .text("create") },
        Route(.get, "/v1/faults/{id}", "show") { .text("show \($0.parameters["id"] ?? "")") },
        Route(.post, "/v1/faults/{id}/renew", "renew") { .text("renew \($0.parameters["id"] ?? "")") },
    ])

    private func answer(_ method: HTTPRequest.Method, _ path: String) async throws -> Reply {
        try await table.answer(Call(method: method, path: path))
    }

    private func text(_ reply: Reply) -> String { String(decoding: (try? reply.bytes(pretty: false)) ?? [], as: UTF8.self) }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/", "root"), (.get, "", "root"), (.get, "/v1/faults", "list"), (.head, "/v1/faults", "list"),
        (.get, "/v1/faults/", "list"), (.post, "//v1//faults", "create"), (.get, "/v1/faults/x", "show x"), (.post, "/v1/faults/x/renew/", "renew x"),
    ])
    func findsTheRoute(method: HTTPRequest.Method, path: String, expected: String) async throws {
        #expect(text(try await answer(method, path)) == expected)
    }

    @Test func anotherMethodIsToldWhatIsAllowed() async throws {
        let reply = try await answer(.put, "/v1/faults")
        #expect(reply.status == .methodNotAllowed)
        #expect(reply.headers[.allow] == "GET, HEAD, POST")
        #expect(reply.headers[.contentType] == "application/problem+json")
        #expect(text(reply).contains("PUT is not for /v1/faults; GET, HEAD, POST is"))
        #expect(try await answer(.get, "/v1/faults/x/renew").headers[.allow] == "POST")
    }

    @Test func anotherPathIsToldTheNearest() async throws {
        let problem = await #expect(throws: Problem.self) { try await answer(.get, "/v1/fault") }
        #expect(problem?.status == 404)
        #expect(problem?.detail == "there is nothing at /v1/fault")
        #expect(problem?.hint == "did you mean /v1/faults? GET / shows what there is")
        let far = await #expect(throws: Problem.self) { try await answer(.get, "/" + String(repeating: "x/", count: 50_000)) }
        #expect(far?.hint == "GET / shows what there is")
    }
}
