// The exercise, and the daemon's own death.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Node {
        private static let cut: KeyValuePairs = ["protocol": "tcp", "port": "443", "unit": "docker.service,node-agent.service"]

        @Test func theNodeIsCutOffAndComesBackWhole() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("node.cut", Self.cut)
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                #expect(try await Lab.connect(Lab.peer4, 80) == .answered)
                for unit in ["docker.service", "docker.socket", "node-agent.service"] { #expect(try await Lab.state(of: unit) != "active") }
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                for unit in ["docker.service", "docker.socket", "node-agent.service"] { #expect(try await Lab.state(of: unit) == "active") }
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            }
        }

        @Test func killedDaemonIsRestartedAndTakesEverythingBack() async throws {
            try await Lab.restoring { client in
                let faults = try await injectAllKinds(client, lease: "60s")
                try await Lab.node("systemctl kill -s KILL faultd")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                for id in faults {
                    let fault = try await again.fault(id).document
                    #expect(fault.state == .reverted)
                    #expect(fault.ended_by == .restart, "\(fault.kind) ended by \(String(describing: fault.ended_by))")
                }
                await again.shutdown()
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            }
        }

        @Test func withNoDaemonAliveTheLeaseEndsAllTheSame() async throws {
            // No Restart=, no ExecStopPost=: what is left is the kernel and systemd's timers.
            let dropIn =
                "mkdir -p /run/systemd/system/faultd.service.d; printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > /run/systemd/system/faultd.service.d/dead.conf"
            try await Lab.node("\(dropIn); systemctl daemon-reload")
            try await Lab.restoring { client in
                let faults = try await injectAllKinds(client, lease: "6s")
                // With no restart policy nobody but faultd brings it back: its timer runs `faultd revert`.
                let batch = try await client.inject("container.kill", ["name": "^batch$"], lease: "6s")
                #expect(batch.backstop?.by == "systemd")
                let deadline = ContinuousClock.now + .seconds(6)
                try await Lab.node("systemctl kill -s KILL faultd")
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                #expect(try await Lab.state(of: "nginx-like.service") != "active")
                try await Task.sleep(until: deadline + .seconds(2), clock: .continuous)
                #expect(try await Lab.state(of: "faultd") != "active")
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.connect(Lab.peer4, 80) == .answered)
                #expect(try await Lab.state(of: "nginx-like.service") == "active")
                try await Lab.eventually("the container runs again", within: .seconds(5)) { try await Lab.containers()["batch"] != nil }
                #expect(try await Lab.state(of: "faultd") != "active")
                try await Lab.node(
                    "rm -r /run/systemd/system/faultd.service.d; systemctl daemon-reload; systemctl reset-failed faultd; systemctl start faultd")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                for id in faults { #expect(try await again.fault(id).document.state == .reverted) }
                await again.shutdown()
            }
        }

        /// One of each: drop, reject, a unit, a container.
        private func injectAllKinds(_ client: FaultClient, lease: String) async throws -> [FaultID] {
            try await Lab.node(
                "printf '[Service]\\nExecStart=/bin/sleep inf\\n' > /run/systemd/system/nginx-like.service; systemctl daemon-reload; systemctl start nginx-like"
            )
            return [
                try await client.inject("network.drop", ["protocol": "tcp", "port": "443"], lease: lease).id,
                try await client.inject("network.reject", ["protocol": "tcp", "port": "80"], lease: lease).id,
                try await client.inject("unit.stop", ["unit": "nginx-like"], lease: lease).id,
                try await client.inject("container.kill", ["name": "^web$"], lease: lease).id,
            ]
        }

        @Test func aCleanStopTakesEverythingBack() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("node.cut", Self.cut)
                try await Lab.node("systemctl restart faultd")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                #expect(try await again.fault(fault.id).document.ended_by == .shutdown)
                await again.shutdown()
            }
        }

        @Test func revertWorksWithNoDaemon() async throws {
            let dropIn =
                "mkdir -p /run/systemd/system/faultd.service.d; printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > /run/systemd/system/faultd.service.d/dead.conf"
            try await Lab.node("\(dropIn); systemctl daemon-reload")
            try await Lab.restoring { client in
                _ = try await client.inject("node.cut", Self.cut)
                let busy = try await Lab.node("faultd revert --all")
                #expect(busy.status != 0 && busy.text.contains("another faultd has the journal"), "\(busy.text)")
                try await Lab.node("systemctl kill -s KILL faultd")
                let reverted = try await Lab.node("faultd revert --all")
                #expect(reverted.status == 0, "\(reverted.text)")
                #expect(reverted.text.contains("undone"))
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.state(of: "docker") == "active")
                try await Lab.node(
                    "rm -r /run/systemd/system/faultd.service.d; systemctl daemon-reload; systemctl reset-failed faultd; systemctl start faultd")
                try await Lab.settled()
            }
        }

        @Test func withTheJournalLostTheMarksAreEnough() async throws {
            let dropIn =
                "mkdir -p /run/systemd/system/faultd.service.d; printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > /run/systemd/system/faultd.service.d/dead.conf"
            try await Lab.node("\(dropIn); systemctl daemon-reload")
            try await Lab.restoring { client in
                _ = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                _ = try await client.inject("unit.stop", ["unit": "node-agent"])
                try await Lab.node("systemctl kill -s KILL faultd; rm -f /var/lib/faultd/*")
                try await Lab.node(
                    "rm -r /run/systemd/system/faultd.service.d; systemctl daemon-reload; systemctl reset-failed faultd; systemctl start faultd")
                try await Lab.settled()
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.state(of: "node-agent") == "active")
            }
        }

        @Test func haltStopsEverythingAndSurvivesARestart() async throws {
            try await Lab.restoring { client in
                _ = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                let halt = try await client.halt(reason: "test").document
                #expect(halt.reverted?.count == 1)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                try await Lab.node("systemctl restart faultd")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                let problem = await #expect(throws: Problem.self) { try await again.inject("network.drop", ["port": "443"]) }
                #expect(problem?.status == 423)
                _ = try await again.resume()
                await again.shutdown()
            }
        }
    }
}
