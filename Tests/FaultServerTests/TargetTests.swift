// Targets over a real socket: the selectors of a spec, and what could not be seen.
import FaultModel
import FaultTesting
import Foundation
import Testing

@Suite struct TargetTests {
    private struct Targets<Item: Decodable>: Decodable {
        var items: [Item]
        var warnings: [String]
    }

    private func containers(_ server: LiveServer, _ query: String) async throws -> [String] {
        try await server.get("/v1/targets/containers?\(query)").decoded(as: Targets<Container>.self).items.map(\.id)
    }

    @Test func containersBySelector() async throws {
        try await LiveServer.with { server in
            let named = try await containers(server, "name=.*kube-apiserver.*")
            #expect(named == ["dddd4444"])
            #expect(try await containers(server, "name=.*kube-apiserver.*&include_sandboxes=true") == ["eeee5555", "dddd4444"])
            #expect(try await containers(server, "runtime=docker") == ["bbbb2222", "bbbb3333", "aaaa1111"])
            #expect(try await containers(server, "runtime=docker&all=true") == ["bbbb2222", "cccc3333", "bbbb3333", "aaaa1111"])
            #expect(try await containers(server, "label=io.kubernetes.container.name%3Detcd").isEmpty == false)
            #expect(try await containers(server, "labels.io.kubernetes.container.name=etcd") == ["ffff6666"])
        }
    }

    @Test func aBadSelectorIsNamed() async throws {
        try await LiveServer.with { server in
            let answer = try await server.get("/v1/targets/containers?nmae=web&runtime=dokcer")
            #expect(answer.status == 400)
            let messages = try answer.problem.errors?.map { "\($0.field) \($0.message)" }.joined(separator: "; ") ?? ""
            #expect(messages.contains("query.nmae is not a field of GET /v1/targets/containers; did you mean name?"))
            #expect(messages.contains("did you mean docker?"))
        }
    }

    @Test func unitsByNameAndState() async throws {
        try await LiveServer.with { server in
            func units(_ query: String) async throws -> Targets<FaultModel.Unit> { try await server.get("/v1/targets/units?\(query)").decoded() }
            #expect(try await units("").items.count == ModelNode().units.count)
            #expect(try await units("state=inactive").items.map(\.name) == ["idle.service"])
            #expect(try await units("name=nginx&name=docker.socket").items.map(\.name) == ["nginx.service", "docker.socket"])
            let missing = try await units("name=dockerk")
            #expect(missing.items.isEmpty)
            #expect(missing.warnings == ["there is no unit dockerk.service; did you mean docker.service?"])
            let bad = try await server.get("/v1/targets/units?name=a/b")
            #expect(try bad.problem.errors?.first?.field == "query.name[0]")
        }
    }

    @Test func interfacesByName() async throws {
        try await LiveServer.with { server in
            func names(_ query: String) async throws -> [String] {
                try await server.get("/v1/targets/interfaces?\(query)").decoded(as: Targets<NetworkInterface>.self).items.map(\.name)
            }
            let all = try await names("")
            #expect(all == ["lo", "eth0", "eth1"])
            #expect(try await names("name=eth*") == ["eth0", "eth1"])
        }
    }

    @Test func processesBySelector() async throws {
        try await LiveServer.with { server in
            func pids(_ query: String) async throws -> [Int32] {
                try await server.get("/v1/targets/processes?\(query)").decoded(as: Targets<NodeProcess>.self).items.map(\.pid)
            }
            let all = try await pids("unit=nginx")
            #expect(all == [800, 801, 802])
            #expect(try await pids("unit=nginx&user=www-data") == [801, 802])
            #expect(try await pids("user=33&command=worker") == [801, 802])
            #expect(try await pids("container=web") == [900])
            #expect(try await pids("container=aaaa") == [900])
            #expect(try await pids("cgroup=/system.slice/nginx.service/") == [800, 801, 802])
            #expect(try await pids("cgroup=/system.slice/nginx").isEmpty)
            #expect(try await pids("pid=1") == [1])
            // Threads of the kernel are never meant.
            #expect(try await pids("name=kthreadd").isEmpty)
        }
    }

    @Test func theChoiceOfAFaultIsPreviewed() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            func processes(_ query: String) async throws -> Targets<NodeProcess> { try await server.get("/v1/targets/processes?\(query)").decoded() }
            let preview = try await processes("unit=nginx&count=2&seed=5").items
            #expect(preview.count == 2)
            let fault = try await bench.inject("process.pause", ["unit": "nginx", "count": "2", "seed": "5"])
            #expect(fault.changes.map(\.apply) == preview.map { "kill -STOP \($0.title)" })
            // Left to chance, it tells the seed that chooses the same again.
            let chance = try await processes("unit=nginx&count=1")
            let seed = try #require(chance.warnings.first?.split(separator: "seed=").last?.prefix { $0.isNumber || $0 == "-" })
            #expect(try await processes("unit=nginx&count=1&seed=\(seed)").items == chance.items)
            let wrong = try await server.get("/v1/targets/containers?runtime=docker&expect=2")
            #expect(try wrong.problem.errors?.first?.field == "query.expect")
            #expect(wrong.status == 403)
        }
    }
}
