// Lists of faults over a real socket: filters, pages, and reverting many.
import FaultModel
import FaultTesting
import Foundation
import Testing

@Suite struct FaultListTests {
    private typealias List = ListDocument<FaultDocument>

    private func inject(_ server: LiveServer, _ form: String) async throws -> FaultDocument {
        try await server.post("/v1/faults", form: form).decoded()
    }

    @Test func filtersChoose() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let edge = try await inject(server, "kind=network.drop&port=443&labels.team=edge")
            bench.clock.advance(by: .seconds(1))
            let core = try await inject(server, "kind=network.drop&port=80&labels.team=core")
            bench.clock.advance(by: .seconds(1))
            let unit = try await inject(server, "kind=unit.stop&unit=nginx&labels.team=edge")
            _ = try await server.call("DELETE", "/v1/faults/\(core.id)")

            func ids(_ query: String) async throws -> [FaultID] { try await server.get("/v1/faults?\(query)").decoded(as: List.self).items.map(\.id) }
            #expect(try await ids("") == [unit.id, core.id, edge.id])
            #expect(try await ids("state=active") == [unit.id, edge.id])
            #expect(try await ids("state=active,reverted&kind=network.drop") == [core.id, edge.id])
            #expect(try await ids("label=team=edge&kind=unit.stop") == [unit.id])
        }
    }

    @Test func pagesFollowEachOther() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            var made: [FaultID] = []
            for port in 1...5 {
                made.insert(try await inject(server, "kind=network.drop&port=\(port)").id, at: 0)
                bench.clock.advance(by: .milliseconds(5))
            }
            var seen: [FaultID] = []
            var target = "/v1/faults?limit=2"
            for size in [2, 2, 1] {
                let page: List = try await server.get(target).decoded()
                #expect(page.items.count == size)
                seen += page.items.map(\.id)
                #expect((page.next == nil) == (size == 1))
                target = "/v1/faults?limit=2&after=\(page.next ?? "")"
            }
            #expect(seen == made)
        }
    }

    @Test func revertingManyTakesTheSameFilters() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let edge = try await inject(server, "kind=network.drop&port=443&labels.team=edge")
            let core = try await inject(server, "kind=network.drop&port=80&labels.team=core")
            let wrong = try await server.call("DELETE", "/v1/faults?lable=team=edge")
            #expect(wrong.status == 400)
            #expect(try wrong.problem.errors?.first?.message.contains("did you mean label?") == true)
            let some: List = try await server.call("DELETE", "/v1/faults?label=team=edge").decoded()
            #expect(some.items.map(\.id) == [edge.id] && some.items.allSatisfy { $0.state == .reverted })
            let all: List = try await server.call("DELETE", "/v1/faults").decoded()
            #expect(all.items.map(\.id) == [core.id])
            #expect(bench.host.node.rules.isEmpty)
        }
    }

    @Test func haltRefusesUntilItIsLifted() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let fault = try await inject(server, "kind=network.drop&port=443")
            #expect(try await server.get("/v1/halt").decoded(as: HaltDocument.self).halted == false)
            let halt: HaltDocument = try await server.post("/v1/halt", form: "reason=prod is burning").decoded()
            #expect(halt.halted && halt.reason == "prod is burning" && halt.reverted == [fault.id] && halt.by?.uid == getuid())
            #expect(bench.host.node.rules.isEmpty)
            let refused = try await server.post("/v1/faults", form: "kind=network.drop&port=443")
            #expect(refused.status == 423)
            #expect(try refused.problem.detail.contains("prod is burning"))
            #expect(try await server.get("/v1/halt").decoded(as: HaltDocument.self).halted)
            #expect(try await server.call("DELETE", "/v1/halt").decoded(as: HaltDocument.self).halted == false)
            #expect(try await server.post("/v1/faults", form: "kind=network.drop&port=443").status == 201)
            #expect(try await server.post("/v1/halt", json: #"{"raeson":"x"}"#).status == 400)
            #expect(try await server.call("POST", "/v1/halt").status == 200)
        }
    }

    @Test func verifyTellsWhatIsAccountedFor() async throws {
        try await LiveServer.with { server in
            let fault = try await inject(server, "kind=network.drop&port=443")
            let verify: VerifyDocument = try await server.get("/v1/verify").decoded()
            #expect(verify.clean && verify.accounted.allSatisfy { $0.fault == fault.id } && !verify.accounted.isEmpty)
            #expect(verify.faults.map(\.id) == [fault.id] && verify.faults.first?.in_force == true)
            let fixed = try await server.call("POST", "/v1/verify")
            #expect(try fixed.status == 200 && fixed.decoded(as: VerifyDocument.self) == verify)
        }
    }
}
