import FaultModel
import Testing

// What happens to containers while Docker itself is down: the part of a node's cut that concerns them.
@testable import FaultHost

extension DockerLiveTests {
    @Suite(.serialized, .enabled(if: LiveNode.isInside, "needs a lab node around it: FAULTD_TEST_IN_NODE=1"))
    struct Outage {
        static let stop = "systemctl stop node-agent.service docker.socket docker.service"
        /// systemd refuses a unit that is started too often, as tests do.
        static let start = "systemctl reset-failed docker.service; systemctl start docker.socket docker.service node-agent.service"

        /// Stops Docker, does `body`, and starts it again whatever happens.
        func withoutDocker(_ body: () async throws -> Void) async throws {
            try LiveNode.sh(Self.stop)
            do { try await body() } catch {
                try LiveNode.sh(Self.start)
                throw error
            }
            try LiveNode.sh(Self.start)
        }

        @Test func whateverRanBeforeRunsAgainAfterwards() async throws {
            try await LiveNode.withContainers(options: "--restart=no") { kept in
                try await LiveNode.withContainers(options: "--restart=always") { policy in
                    try await withContainers { containers in
                        let pins = try await containers.pins("^(\(kept[0])|\(policy[0]))$|^k8s_.*kube-apiserver")
                        #expect(pins.count == 3)
                        let (undo, evidence) = try await containers.inject(.keepRunning, pins)
                        #expect(evidence == Evidence())
                        #expect(try await containers.observe(undo) == Evidence())
                        try await withoutDocker {}
                        let outcome = try await containers.revert(undo)
                        #expect(outcome.result == .restored && outcome.drift == [])
                        #expect(outcome.notes.contains { $0.hasPrefix("started \(kept[0])") })
                        #expect(outcome.notes.contains { $0.hasPrefix(policy[0]) && $0.hasSuffix("came back by itself") })
                        let pods = try await containers.pins("^k8s_kube-apiserver")
                        #expect(pods.count == 1, "the pod's container runs once, as its own again or as another")
                        #expect(try await containers.revert(undo).result != .restored)
                    }
                }
            }
        }

        @Test func aRevertWaitsForADockerThatIsStillStarting() async throws {
            try await LiveNode.withContainers(options: "--restart=no") { names in
                try await withContainers { containers in
                    let (undo, _) = try await containers.inject(.keepRunning, containers.pins(names[0]))
                    try LiveNode.sh(Self.stop)
                    async let later = {
                        try await Task.sleep(for: .seconds(1)); return try LiveNode.sh(Self.start)
                    }()
                    #expect(try await containers.revert(undo).result == .restored)
                    _ = try await later
                }
            }
        }

        @Test func whileDockerIsDownItIsAnErrorThatSaysSo() async throws {
            try await withContainers { containers in
                let pins = try await containers.pins("^web$")
                try await withoutDocker {
                    let view = await containers.list()
                    #expect(!view.runtimes.contains(.docker) && view.runtimes.contains(.containerd))
                    let report = await containers.capability()
                    #expect(report.available && report.detail.contains("containerd 1."))
                    await #expect(throws: Problem.self) {
                        _ = try await containers.prepare(.init(action: .signal(.kill), targets: pins), for: .forTest())
                    }
                }
            }
        }

        @Test func followingSurvivesARestartOfDocker() async throws {
            try await LiveNode.withContainers(options: "--restart=no") { names in
                try await withContainers { containers in
                    let (undo, _) = try await containers.inject(.signal(.kill), containers.pins(names[0]))
                    async let news = containers.recoveries(undo, limit: .seconds(30))
                    try await Task.sleep(for: .milliseconds(500))
                    try LiveNode.sh("systemctl reset-failed docker.service; systemctl restart docker.service && sleep 1 && docker start \(names[0])")
                    #expect(await news.last?.outcome == .restarted)
                }
            }
        }
    }
}
