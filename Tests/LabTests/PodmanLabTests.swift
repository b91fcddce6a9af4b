// podman beside Docker, through the socket of its service.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Podman {
        /// By systemd: what watches podman's containers would inherit a descriptor that this test waits for, and so keep it for ever.
        /// The lab's root is an overlay, on which podman's own overlay can't sit; its nodes have no controllers of cgroup v2, nor CAP_SYS_RESOURCE.
        private static let setup = """
            cat > /run/podman-setup <<'END'
            set -e
            mkdir -p /etc/containers
            printf '[storage]\\ndriver="vfs"\\nrunroot="/run/containers/storage"\\n' > /etc/containers/storage.conf
            echo 'graphroot="/var/lib/containers/storage"' >> /etc/containers/storage.conf
            systemctl start podman.socket && podman load -q -i /usr/lib/lab/work.tar
            for policy in always no; do
                podman run -d --name pod-$policy --restart=$policy --privileged --ulimit host --pids-limit=-1 --network=none \\
                    localhost/lab/work:local
            done
            END
            systemd-run -q --wait -p KillMode=process sh /run/podman-setup
            """
        private static let cleanup =
            "podman rm -fa -t 0; systemctl stop podman.socket podman.service; cd /run; rm -f podman-setup /etc/containers/storage.conf podman/podman.sock"

        /// `body` with two containers, `pod-always` and `pod-no`.
        private func withPodman(_ body: (FaultClient) async throws -> Void) async throws {
            let setup = try await Lab.node(Self.setup)
            try #require(setup.status == 0, "\(setup.text)")
            do { try await Lab.restoring(body) } catch { Issue.record(error) }
            try await Lab.node(Self.cleanup)
        }

        private func state(_ name: String) async throws -> (status: String, started: String) {
            let words = try await Lab.node("podman inspect -f '{{.State.Status}}|{{.State.StartedAt}}' \(name)").text
                .trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "|")
            return words.count == 2 ? (String(words[0]), String(words[1])) : ("gone", "")
        }

        @Test func everyKindOfFault() async throws {
            try await withPodman { client in
                let first = try await state("pod-no")
                let pause = try await client.inject("container.pause", ["name": "^pod-no$"])
                #expect(try await state("pod-no").status == "paused")
                #expect(try await client.end(pause.id).document.clean == true)
                #expect(try await state("pod-no") == first)

                let stop = try await client.inject("container.stop", ["name": "^pod-(no|always)$", "timeout": "1s", "expect": "2"])
                for name in ["pod-no", "pod-always"] { #expect(try await state(name).status == "exited") }
                let stopped = try await client.end(stop.id).document
                #expect(stopped.clean == true, "\(stopped.drift)")
                for name in ["pod-no", "pod-always"] { #expect(try await state(name).status == "running") }

                let runs = try await state("pod-always")
                let restart = try await client.inject("container.restart", ["name": "^pod-always$", "timeout": "0s"])
                #expect(try await state("pod-always").started != runs.started)
                #expect(try await client.end(restart.id).document.clean == true)

                let crash = try await client.inject("container.kill", ["name": "^pod-(no|always)$"])
                try await Lab.eventually("podman's restart policy acts", within: .seconds(15)) {
                    try await client.fault(crash.id).document.evidence.containers?.contains { $0.name == "pod-always" && $0.outcome == .restarted }
                        == true
                }
                #expect(try await state("pod-no").status == "exited")
                let crashed = try await client.end(crash.id).document
                #expect(crashed.clean == true, "\(crashed.drift)")
                #expect(try await state("pod-no").status == "running")
            }
        }

        @Test func besideDockerAndChosenByRuntime() async throws {
            try await withPodman { client in
                let all = try await client.containers([("image", "lab/work")]).document.items
                #expect(Set(all.map(\.runtime)).isSuperset(of: [.docker, .podman]))
                let only = try await client.containers([("runtime", "podman")]).document.items
                #expect(only.map(\.name).sorted() == ["pod-always", "pod-no"])
                // Both at once, each by its own runtime.
                let both = try await client.inject("container.pause", ["name": "^(web|pod-always)$", "expect": "2"])
                #expect(try await state("pod-always").status == "paused")
                #expect(try await Lab.node("docker inspect -f '{{.State.Status}}' web").text.hasPrefix("paused"))
                #expect(try await client.end(both.id).document.clean == true)
                #expect(try await state("pod-always").status == "running")
                // An engine that is gone meanwhile is waited for: its socket starts it.
                let fault = try await client.inject("container.stop", ["name": "^pod-no$", "timeout": "0s"])
                try await Lab.node("systemctl stop podman.service")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await state("pod-no").status == "running")
            }
        }

        @Test func anIrreversibleRemovalIsAsked() async throws {
            try await withPodman { client in
                await #expect { try await client.inject("container.remove", ["name": "^pod-no$"]) } throws: {
                    ($0 as? Problem)?.type == .irreversible
                }
                _ = try await client.inject("container.remove", ["name": "^pod-no$", "allow_irreversible": "true"])
                #expect(try await state("pod-no").status == "gone")
                #expect(try await state("pod-always").status == "running")
            }
        }
    }
}
