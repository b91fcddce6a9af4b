// Pausing, stopping, restarting and removing on real Docker and containerd: kinds by restart policies.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct ContainerVerbs {
        /// What docker says of a container: state, run and id on a line.
        private func docker(_ name: String) async throws -> (status: String, started: String, id: String) {
            let words = try await Lab.node("docker inspect -f '{{.State.Status}} {{.State.StartedAt}} {{.Id}}' \(name)").text.split(separator: " ")
            guard words.count == 3 else { return ("gone", "", "") }
            return (String(words[0]), String(words[1]), words[2].trimmingCharacters(in: .whitespacesAndNewlines))
        }

        /// Ticks of CPU time of the container's first process.
        private func isFrozen(_ name: String) async throws -> Bool {
            let path = "$(grep -oE '/[^:]*docker[-/][0-9a-f]{64}[^:]*' /proc/$(docker inspect -f '{{.State.Pid}}' \(name))/cgroup | head -1)"
            return try await Lab.node("grep -q 'frozen 1' /sys/fs/cgroup\(path)/cgroup.events").status == 0
        }

        @Test(arguments: ["web", "batch"]) func pausedItIsFrozenAndGoesOnInTheSameRun(name: String) async throws {
            try await Lab.restoring { client in
                let before = try await docker(name)
                let fault = try await client.inject("container.pause", ["name": "^\(name)$"])
                #expect(fault.evidence.observations?.map(\.state) == ["paused"])
                #expect(fault.backstop?.by == "systemd")
                #expect(fault.notes.contains { $0.contains("frozen until the lease ends") }, "\(fault.notes)")
                #expect(try await docker(name).status == "paused")
                #expect(try await isFrozen(name))
                await #expect { try await client.inject("container.stop", ["name": "^\(name)$"]) } throws: { ($0 as? Problem)?.type == .conflict }
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await docker(name) == before)
                #expect(try await !isFrozen(name))
            }
        }

        @Test func unpausedByAnOperatorItIsToldAndLeft() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("container.pause", ["name": "^web$"])
                try await Lab.node("docker unpause web")
                try await Lab.eventually("the drift is told", within: .seconds(15)) {
                    try await client.fault(fault.id).document.notes.contains { $0.contains("not paused any more: it is running") }
                }
                #expect(try await client.end(fault.id).document.clean == true)
            }
        }

        @Test func restartedWhileItWasPausedItIsLeft() async throws {
            try await Lab.restoring { client in
                let before = try await docker("web")
                let fault = try await client.inject("container.pause", ["name": "^web$"])
                try await Lab.node("docker unpause web; docker restart -t 0 web; docker pause web")
                let ended = try await client.end(fault.id).document
                #expect(ended.notes.contains { $0.contains("started again by somebody else") }, "\(ended.notes)")
                // Paused by somebody in that run: not ours to end.
                let now = try await docker("web")
                #expect(now.status == "paused" && now.started != before.started)
                try await Lab.node("docker unpause web")
            }
        }

        @Test func aPodsContainerCannotBePaused() async throws {
            try await Lab.restoring { client in
                await #expect { try await client.inject("container.pause", ["pod": "^etcd-node$", "runtime": "containerd"]) } throws: { error in
                    (error as? Problem)?.type == .impossible && (error as? Problem)?.hint?.contains("process.pause") == true
                }
            }
        }

        @Test(arguments: ["web", "batch"]) func stoppedItStaysDownWhateverItsPolicyUntilTheLeaseEnds(name: String) async throws {
            try await Lab.restoring { client in
                let before = try await docker(name)
                let fault = try await client.inject("container.stop", ["name": "^\(name)$", "timeout": "1s"])
                let wanted = name == "web" ? "counts it as stopped by hand" : "restart policy no: stays dead"
                #expect(fault.notes.contains { $0.contains(wanted) }, "\(fault.notes)")
                #expect(try await docker(name).status == "exited")
                try await Task.sleep(for: .seconds(2))
                #expect(try await docker(name).status == "exited")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                let after = try await docker(name)
                #expect(after.status == "running" && after.id == before.id && after.started != before.started)
            }
        }

        @Test func asPodItIsStoppedAndReplaced() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("container.stop", ["pod": "^etcd-node$", "runtime": "containerd", "timeout": "1s"])
                #expect(fault.notes.contains { $0.contains("the kubelet replaces it") })
                try await Lab.eventually("a new one runs", within: .seconds(15)) {
                    try await client.fault(fault.id).document.evidence.containers?.allSatisfy { $0.outcome == .replaced } == true
                }
            }
        }

        @Test(arguments: ["web", "batch"]) func restartedItIsTheSameInANewRun(name: String) async throws {
            try await Lab.restoring { client in
                let before = try await docker(name)
                let fault = try await client.inject("container.restart", ["name": "^\(name)$", "timeout": "1s"])
                #expect(fault.evidence.containers?.map(\.outcome) == [.restarted])
                let after = try await docker(name)
                #expect(after.status == "running" && after.id == before.id && after.started != before.started)
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await docker(name) == after)
            }
        }

        @Test func restartedAgainAndAgain() async throws {
            try await Lab.restoring { client in
                var starts: Set<String> = [try await docker("web").started]
                let fault = try await client.inject("container.restart", ["name": "^web$", "timeout": "0s", "repeat_every": "1s"], lease: "20s")
                try await Lab.eventually("three restarts were seen", within: .seconds(15)) {
                    starts.insert(try await docker("web").started)
                    return starts.count > 3
                }
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await docker("web").status == "running")
            }
        }

        @Test func removedItIsGoneForGoodAndSaysSo() async throws {
            try await Lab.restoring { client in
                try await Lab.node("docker run -d --name doomed --restart=always -v data:/data lab/work:local")
                await #expect { try await client.inject("container.remove", ["name": "^doomed$"]) } throws: {
                    ($0 as? Problem)?.type == .irreversible
                }
                #expect(try await docker("doomed").status == "running")
                let fault = try await client.inject("container.remove", ["name": "^doomed$", "allow_irreversible": "true"])
                #expect(try await docker("doomed").status == "gone")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == false && ended.drift.contains { $0.contains("this fault removed it for good") }, "\(ended.drift)")
                #expect(try await Lab.node("docker volume ls -q").text.contains("data"))
                try await Lab.node("docker volume rm data")
            }
        }

        @Test(arguments: ["docker", "containerd"]) func removedFromAPodItIsMadeAnew(runtime: String) async throws {
            try await Lab.restoring { client in
                let selector = runtime == "docker" ? "k8s_kube-apiserver" : "k8s_etcd"
                let fault = try await client.inject("container.remove", ["name": selector, "runtime": runtime, "allow_irreversible": "true"])
                try await Lab.eventually("a new one runs", within: .seconds(15)) {
                    try await client.fault(fault.id).document.evidence.containers?.allSatisfy { $0.outcome == .replaced } == true
                }
                #expect(try await client.end(fault.id).document.clean == true)
            }
        }

        @Test func withTheDaemonDeadTheBackstopUnpausesAndStarts() async throws {
            try await Lab.restoring { client in
                let before = try await docker("web")
                _ = try await client.inject("container.pause", ["name": "^web$"], lease: "8s")
                _ = try await client.inject("container.stop", ["name": "^batch$", "timeout": "0s"], lease: "8s")
                try await Dead.kill()
                #expect(try await docker("web").status == "paused")
                #expect(try await docker("batch").status == "exited")
                try await Lab.eventually("the timers have undone both", within: .seconds(25)) {
                    let (web, batch) = (try await docker("web").status, try await docker("batch").status)
                    return web == "running" && batch == "running"
                }
                #expect(try await docker("web") == before)
                try await Dead.revive()
            }
        }

        @Test func exactlySoManyMustMatch() async throws {
            try await Lab.restoring { client in
                await #expect { try await client.inject("container.pause", ["name": "^(web|batch)$", "expect": "3"]) } throws: { error in
                    (error as? Problem)?.errors?.first?.field == "spec.expect"
                }
                let fault = try await client.inject("container.pause", ["name": "^(web|batch)$", "expect": "2", "count": "1", "seed": "4"])
                let preview = try await client.containers([
                    ("name", "^(web|batch)$"), ("all", "true"), ("expect", "2"), ("count", "1"), ("seed", "4"),
                ])
                #expect(preview.document.items.map(\.state) == ["paused"])
                _ = try await client.end(fault.id)
            }
        }
    }
}
