import FaultModel
import Testing

// Pods on Docker and on containerd, kept running by the lab's stand-in for the kubelet.
@testable import FaultHost

extension DockerLiveTests {
    @Suite(.serialized, .enabled(if: LiveNode.isInside, "needs a lab node around it: FAULTD_TEST_IN_NODE=1"))
    struct Pods {
        @Test func podsAreListedAlikeOnBothRuntimes() async throws {
            try await withContainers { containers in
                let view = await containers.list()
                #expect(view.errors == [] && Set(view.runtimes) == [.docker, .containerd])
                let running = view.containers.filter(\.isRunning)
                for (runtime, pod, name) in [(Runtime.docker, "kube-apiserver-node", "kube-apiserver"), (.containerd, "etcd-node", "etcd")] {
                    let own = try #require(running.first { $0.runtime == runtime && $0.podContainer == name && !$0.isSandbox })
                    #expect(own.name.hasPrefix("k8s_\(name)_\(pod)_kube-system_") && own.pod == pod && own.namespace == "kube-system")
                    #expect(own.image.hasSuffix("lab/work:local") && own.workload == "pod kube-system/\(pod)/\(name)")
                    let sandbox = try #require(running.first { $0.runtime == runtime && $0.pod == pod && $0.isSandbox })
                    #expect(sandbox.name.hasPrefix("k8s_POD_\(pod)_kube-system_") && sandbox.workload == "pod kube-system/\(pod)/POD")
                }
            }
        }

        @Test func aSelectorHitsNoPauseContainerUnlessAskedTo() async throws {
            try await withContainers { containers in
                #expect(try await containers.pins(".*kube-apiserver.*").map(\.isSandbox) == [false])
                #expect(try await containers.pins("etcd").map(\.isSandbox) == [false])
                var all = try ContainerSelector.named("etcd")
                all.includeSandboxes = true
                let running = await all.matches(among: containers.list().containers).filter(\.isRunning)
                #expect(running.map { ContainerPin($0).isSandbox }.sorted { !$0 && $1 } == [false, true])
            }
        }

        @Test(arguments: [("^k8s_kube-apiserver", Runtime.docker, "kill"), ("^k8s_coredns", .containerd, "kill"), ("^k8s_etcd", .containerd, "api")])
        func aKilledOneIsReplacedUnderAnotherID(pattern: String, runtime: Runtime, method: String) async throws {
            try await withContainers { containers in
                let pins = try await containers.pins(pattern)
                #expect(pins.count == 1 && pins.first?.runtime == runtime)
                let (undo, evidence) = try await containers.inject(method == "api" ? .apiKill(.kill) : .signal(.kill), pins)
                #expect(evidence.containers?.first?.outcome == .waiting)
                #expect(evidence.containers?.first?.note?.contains("kubelet replaces it") == true)
                let recovery = try #require(await containers.recoveries(undo, limit: .seconds(20)).first)
                #expect(recovery.outcome == .replaced && recovery.newID != nil && recovery.newID != recovery.oldID)
                #expect(recovery.newName?.hasPrefix(String(pattern.dropFirst())) == true && recovery.newName != recovery.name)
                #expect(try #require(recovery.relaunchTime).duration < .seconds(15))
                let now = try await containers.pins(pattern)
                #expect(now.map(\.id) == [recovery.newID ?? ""])
                let outcome = try await containers.revert(undo)
                #expect(outcome.result == .superseded && outcome.drift == [] && outcome.notes.first?.contains("runs as") == true)
                #expect(try await containers.pins(pattern).map(\.id) == now.map(\.id))
            }
        }

        @Test(arguments: [Runtime.docker, .containerd]) func aKilledSandboxTakesItsPodAlong(runtime: Runtime) async throws {
            try await withContainers { containers in
                var selector = try ContainerSelector.named(runtime == .docker ? "^k8s_POD_kube-apiserver" : "^k8s_POD_etcd")
                selector.includeSandboxes = true
                let pins = selector.matches(among: await containers.list().containers).filter(\.isRunning).map { ContainerPin($0) }
                #expect(pins.count == 1 && pins.first?.isSandbox == true)
                let (undo, _) = try await containers.inject(.signal(.kill), pins)
                let recovery = try #require(await containers.recoveries(undo, limit: .seconds(20)).first)
                #expect(recovery.outcome == .replaced && recovery.newID != recovery.oldID && recovery.relaunchTime != nil)
                #expect(try await containers.revert(undo).drift == [])
            }
        }

        @Test func withoutItsSupervisorAPodStaysDownAndTheRevertSaysWhoseItIs() async throws {
            try await withContainers { containers in
                try LiveNode.sh("systemctl stop node-agent")
                let undo = try await containers.inject(.signal(.kill), containers.pins("^k8s_coredns")).undo
                let outcome = try await containers.revert(undo)
                try LiveNode.sh("systemctl start node-agent")
                #expect(outcome.drift.count == 1 && outcome.drift[0].contains("kubelet, has not replaced it yet"))
                #expect(await containers.recoveries(undo, limit: .seconds(20)).first?.outcome == .replaced)
                #expect(try await containers.revert(undo).drift == [])
            }
        }

        /// A node whose agent comes back long after Docker: the pod runs as it did, and its agent is content with that.
        @Test func withoutItsSupervisorADockerPodIsStartedSandboxFirst() async throws {
            try await withContainers { containers in
                var selector = try ContainerSelector.named("kube-apiserver")
                selector.includeSandboxes = true
                let before = selector.matches(among: await containers.list().containers).filter(\.isRunning).map { ContainerPin($0) }
                #expect(before.map(\.isSandbox).sorted { $0 && !$1 } == [true, false])
                let undo = try await containers.inject(.keepRunning, before).undo
                try LiveNode.sh(
                    "systemctl stop node-agent docker.socket docker.service; systemctl reset-failed docker.service; systemctl start docker.service docker.socket"
                )
                let outcome = try await containers.revert(undo)
                try LiveNode.sh("systemctl start node-agent; sleep 1.5")
                #expect(outcome.result == .restored && outcome.drift == [] && outcome.notes.count == 2)
                let after = selector.matches(among: await containers.list().containers).filter(\.isRunning)
                #expect(Set(after.map(\.id)) == Set(before.map(\.id)))
            }
        }

        @Test func aCRIRuntimeHasNoKillWithAnotherSignal() async throws {
            try await withContainers { containers in
                let pins = try await containers.pins("^k8s_etcd")
                let problem = await #expect(throws: Problem.self) { _ = try await containers.inject(.apiKill(.term), pins) }
                #expect(problem?.type == .impossible && problem?.hint == "use method: signal")
                #expect(try await containers.pins("^k8s_etcd") == pins)
            }
        }
    }
}
