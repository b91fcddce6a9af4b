// What the engine adds to the guard: who asks, and whether the fault is to be confirmed.
import FaultEngine
import FaultModel
import FaultTesting
import Testing

@Suite struct GuardTests {
    private func request(_ fields: KeyValuePairs<String, String>) -> FaultRequest {
        FaultRequest(kind: "network.drop", spec: FormBody.object(fields.map { ($0.key, $0.value) }), lease: .seconds(60), lenient: true)
    }

    @Test func theCallersOwnConnectionIsNamedInTheAnswerAndInTheDryRun() async throws {
        var node = ModelNode()
        let peer = SSHPeer(address: try #require(CIDR(text: "10.0.0.5")), port: 50000, localPort: 22)
        node.lifelines.sshPeers = [peer]
        node.sshCallers[try #require(Bench.caller.pid)] = peer
        let bench = Bench(node: node)
        let note = "left alone: ssh from 10.0.0.5 (your own connection)"
        #expect(try await bench.controller.plan(request(["direction": "in"]), by: Bench.caller).notes.contains(note))
        #expect(try await bench.controller.create(request(["direction": "in"]), by: Bench.caller).fault.notes.contains(note))
        let stranger = Caller(via: "unix", uid: 1000, pid: 1)
        let notes = try await bench.controller.plan(request(["direction": "in"]), by: stranger).notes
        #expect(notes.contains("left alone: ssh from 10.0.0.5"))
    }

    @Test func whatMayCutOffSSHUnseenIsRefusedUnlessItWaitsForConfirmation() async throws {
        var node = ModelNode()
        node.lifelines.unseen = "could not list /proc"
        let bench = Bench(node: node)
        let problem = await #expect(throws: Problem.self) { try await bench.controller.create(request(["direction": "in"]), by: Bench.caller) }
        #expect(problem?.type == .protectedTarget && problem?.detail.hasSuffix("could not list /proc") == true)
        #expect(bench.host.node.rules.isEmpty)
        var confirmed = request(["direction": "in"])
        confirmed.confirmWithin = .seconds(10)
        #expect(try await bench.controller.create(confirmed, by: Bench.caller).fault.state == .active)
        await bench.pass(.seconds(11))
        #expect(bench.host.node.rules.isEmpty)
    }
}
