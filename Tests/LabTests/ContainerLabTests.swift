// Container faults on real Docker and containerd.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Containers {
        private func recovered(_ client: FaultClient, _ id: FaultID, _ outcome: Evidence.Recovery.Outcome) async throws -> Evidence.Recovery {
            try await Lab.eventually("a container is \(outcome.rawValue)", within: .seconds(15)) {
                try await client.fault(id).document.evidence.containers?.allSatisfy { $0.outcome == outcome } == true
            }
            return try #require(try await client.fault(id).document.evidence.containers?.first)
        }

        @Test func anAgentsContainerComesBackUnderANewID() async throws {
            try await Lab.restoring { client in
                let old = try await Lab.containers().filter { $0.key.contains("k8s_kube-apiserver") }
                let pause = try await Lab.containers().filter { $0.key.contains("k8s_POD_kube-apiserver") }
                let fault = try await client.inject("container.kill", ["name": ".*kube-apiserver.*"])
                let recovery = try await recovered(client, fault.id, .replaced)
                #expect(recovery.oldID == old.values.first)
                let now = try await Lab.containers().filter { $0.key.contains("k8s_kube-apiserver") }
                #expect(recovery.newID == now.values.first)
                #expect(recovery.newID != recovery.oldID)
                let time = try #require(recovery.relaunchTime?.duration)
                #expect(time > .zero && time < .seconds(10), "came back after \(time.text)")
                // The pause container matches the name as well, and was never meant.
                #expect(try await Lab.containers().filter { $0.key.contains("k8s_POD_kube-apiserver") } == pause)
            }
        }

        @Test func aRestartPolicyStartsTheSameContainerAgain() async throws {
            try await Lab.restoring { client in
                let started = try await Lab.node("docker inspect -f '{{.State.StartedAt}}' web").text
                let fault = try await client.inject("container.kill", ["name": "^web$"])
                let recovery = try await recovered(client, fault.id, .restarted)
                #expect(recovery.newID == nil || recovery.newID == recovery.oldID)
                #expect(recovery.relaunchTime != nil)
                #expect(try await Lab.node("docker inspect -f '{{.State.StartedAt}}' web").text != started)
            }
        }

        @Test func healthIsWaitedForWhereTheRuntimeKnowsIt() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("container.kill", ["name": "^cache$"])
                try await Lab.eventually("the time until healthy is known", within: .seconds(20)) {
                    try await client.fault(fault.id).document.evidence.containers?.first?.readyTime != nil
                }
            }
        }

        @Test func killedByTheAPIItStaysDeadUntilTheLeaseEnds() async throws {
            try await Lab.restoring { client in
                let id = try #require(try await Lab.containers()["web"])
                let fault = try await client.inject("container.kill", ["name": "^web$", "method": "api"], lease: "4s")
                try await Task.sleep(for: .seconds(2))
                #expect(try await Lab.containers()["web"] == nil)
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(15)).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await Lab.containers()["web"] == id)
            }
        }

        @Test func withNoRestartPolicyFaultdStartsItAgain() async throws {
            try await Lab.restoring { client in
                let id = try #require(try await Lab.containers()["batch"])
                let fault = try await client.inject("container.kill", ["name": "^batch$"], lease: "3s")
                try await Task.sleep(for: .seconds(1))
                #expect(try await Lab.containers()["batch"] == nil)
                _ = try await client.wait(fault.id, for: .reverted, timeout: .seconds(15))
                #expect(try await Lab.containers()["batch"] == id)
            }
        }

        @Test func podsOfContainerdAreKilledThroughTheCRI() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("container.kill", ["pod": "^etcd-node$", "runtime": "containerd"])
                let recovery = try await recovered(client, fault.id, .replaced)
                #expect(recovery.runtime == .containerd)
                #expect(recovery.newID != nil && recovery.newID != recovery.oldID)
            }
        }

        @Test func repeatedUntilTheLeaseEnds() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("container.kill", ["name": "k8s_kube-apiserver", "repeat_every": "2s"], lease: "7s")
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(20)).document
                let ids = Set((ended.evidence.containers ?? []).map(\.oldID))
                #expect(ids.count >= 3, "killed \(ids.count)")
            }
        }

        @Test func choosingIsRepeatableBySeed() async throws {
            try await Lab.restoring { client in
                let fields: KeyValuePairs = ["image": ".", "runtime": "docker", "count": "1", "seed": "7"]
                let request = [("kind", "container.kill")] + fields.map { ($0.key, $0.value) }
                let first = try await client.plan(form: request).document
                let second = try await client.plan(form: request).document
                #expect(first.changes == second.changes)
                #expect(first.targets == 1)
            }
        }
    }
}
