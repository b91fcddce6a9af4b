// Shortened ids: one fault or an error, never "the first one".
import FaultModel
import Testing

@testable import FaultClient

@Suite struct FindTests {
    private func known(_ ids: String...) -> [FaultClient.Known] {
        ids.compactMap { FaultID($0) }.map { .init(id: $0, kind: "network.drop", state: .active) }
    }

    private let ids = ["01JD6W0K7Z0000000000AAAA11", "01JD6W0K7Z0000000000BBBB22", "01JD6X0K7Z0000000000AAAA33"]

    @Test(arguments: [("AAAA11", 0), ("bbbb22", 1), ("01JD6X", 2), ("01jd6w0k7z0000000000b", 1)])
    func aStartOrAnEndIsEnough(fragment: String, index: Int) throws {
        let found = try FaultClient.choose(fragment, among: known(ids[0], ids[1], ids[2]))
        #expect(found.text == ids[index])
    }

    @Test func theMiddleIsNot() {
        let problem = #expect(throws: Problem.self) { try FaultClient.choose("AAAA", among: known(ids[0])) }
        #expect(problem?.status == 404)
    }

    @Test func ambiguityNamesAll() {
        let problem = #expect(throws: Problem.self) { try FaultClient.choose("01JD6W", among: known(ids[0], ids[1], ids[2])) }
        #expect(problem?.errors?.map(\.field) == [ids[0], ids[1]])
        #expect(problem?.errors?.first?.message == "network.drop, active")
    }

    @Test func goesThroughAllPages() async throws {
        let server = try CannedServer { request in
            request.target.contains("after=")
                ? .json(Samples.list(Samples.fault(id: Samples.id))) : .json(Samples.list(Samples.fault(id: Samples.otherID), next: Samples.otherID))
        }
        defer { server.stop() }
        let found = try await FaultClient.with(socket: server.path) { try await $0.find("aaaa11") }
        #expect(found.text == Samples.id)
        #expect(server.requests.map(\.target) == ["/v1/faults?limit=1000", "/v1/faults?after=\(Samples.otherID)&limit=1000"])
    }

    @Test func aWholeIdAsksNobody() async throws {
        let found = try await FaultClient.with(socket: "/nowhere") { try await $0.find(Samples.id.lowercased()) }
        #expect(found.text == Samples.id)
    }

    @Test(arguments: ["abc", "", "01JD-6W0", "01JD6W0K7Z0000000000AAAA111"])
    func whatIsNoPartOfAnIdIsRefused(text: String) async {
        await #expect(throws: Problem.self) { try await FaultClient.with(socket: "/nowhere") { _ = try await $0.find(text) } }
    }
}
