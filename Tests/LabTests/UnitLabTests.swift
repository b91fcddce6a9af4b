// Unit faults on a real systemd.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Units {
        @Test func dockerGoesDownStaysDownAndComesBackWithItsContainers() async throws {
            let before = try await Lab.containers()
            try await Lab.restoring { client in
                let fault = try await client.inject("unit.stop", ["unit": "docker"])
                #expect(fault.notes.contains { $0.contains("docker.socket") })
                #expect(fault.backstop?.by == "systemd")
                for unit in ["docker.service", "docker.socket"] { #expect(try await Lab.state(of: unit) != "active") }
                // What docker.socket would have done, had it been left up.
                try await Lab.node("docker ps")
                #expect(try await Lab.state(of: "docker.service") != "active")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                for unit in ["docker.service", "docker.socket"] { #expect(try await Lab.state(of: unit) == "active") }
            }
            // Also the one that Docker itself would have left dead: it has no restart policy.
            let after = try await Lab.containers()
            #expect(after["batch"] == before["batch"])
            #expect(after["web"] == before["web"])
        }

        @Test func dependentsComeBack() async throws {
            let unit =
                "printf '[Unit]\\nRequires=base.service\\nAfter=base.service\\n[Service]\\nExecStart=/bin/sleep inf\\n' > /run/systemd/system/top.service"
            try await Lab.node(
                "printf '[Service]\\nExecStart=/bin/sleep inf\\n' > /run/systemd/system/base.service; \(unit); systemctl daemon-reload; systemctl start top"
            )
            try await Lab.restoring { client in
                let fault = try await client.inject("unit.stop", ["unit": "base"])
                #expect(fault.notes.contains { $0.contains("takes down with it: top.service") })
                #expect(try await Lab.state(of: "top") == "inactive")
                _ = try await client.end(fault.id)
                for unit in ["base", "top"] { #expect(try await Lab.state(of: unit) == "active") }
            }
            try await Lab.node(
                "systemctl stop top base; rm /run/systemd/system/top.service /run/systemd/system/base.service; systemctl daemon-reload")
        }

        @Test func selfHealingIsToldAndNotFought() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("unit.stop", ["unit": "node-agent"])
                try await Lab.node("systemctl start node-agent")
                try await Lab.eventually("the evidence tells it", within: .seconds(5)) {
                    try await client.fault(fault.id).document.evidence.units?.contains { $0.selfHealedAfter != nil } == true
                }
                #expect(try await Lab.state(of: "node-agent") == "active")
                #expect(try await client.end(fault.id).document.clean == true)
            }
        }
    }
}
