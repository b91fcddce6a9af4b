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
            #expect(try await units("").items.count == 9)
            #expect(try await units("state=inactive").items.map(\.name) == ["idle.service"])
            #expect(try await units("name=nginx&name=docker.socket").items.map(\.name) == ["nginx.service", "docker.socket"])
            let missing = try await units("name=dockerk")
            #expect(missing.items.isEmpty)
            #expect(missing.warnings == ["there is no unit dockerk.service; did you mean docker.service?"])
            let bad = try await server.get("/v1/targets/units?name=a/b")
            #expect(try bad.problem.errors?.first?.field == "query.name[0]")
        }
    }

    @Test func interfacesAreListedAndProcessesAreNotThere() async throws {
        try await LiveServer.with { server in
            let interfaces: Targets<NetworkInterface> = try await server.get("/v1/targets/interfaces").decoded()
            #expect(interfaces.items.map(\.name) == ["lo", "eth0"])
            let processes = try await server.get("/v1/targets/processes")
            #expect(processes.status == 404)
            #expect(try processes.problem.detail.contains("no faults on processes"))
        }
    }
}
