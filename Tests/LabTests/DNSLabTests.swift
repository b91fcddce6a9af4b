// network.dns measured by what comes back: from a server on the peer and one on loopback, asked by the node and by containers.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct DNS {
        @Test func onlyTheNameThatIsMeantAndInBothFamilies() async throws {
            try await Names.serving { client in
                for server in Names.servers {
                    for name in ["db.example.com", "x.db.example.com", "other.example.com"] {
                        #expect(try await Names.ask(name, of: server) == Names.truth)
                    }
                }
                let fault = try await client.inject("network.dns", ["name": "db.example.com"])
                #expect(fault.state == .active)
                for server in Names.servers {
                    #expect(try await Names.ask("dB.eXample.cOm", of: server) == "NXDOMAIN", "\(server)")
                    #expect(try await Names.ask("db.example.com", .aaaa, of: server) == "NXDOMAIN", "\(server)")
                    for name in ["x.db.example.com", "xdb.example.com", "db.example.com.evil.org", "other.example.com"] {
                        #expect(try await Names.ask(name, of: server) == Names.truth, "\(name) of \(server)")
                    }
                }
                let seen = try await client.fault(fault.id).document.evidence.packets
                #expect((seen?.hitPackets ?? 0) > 0)
                let ended = try await client.end(fault.id).document
                #expect(ended.state == .reverted && ended.clean == true, "\(ended.drift)")
                for server in Names.servers { #expect(try await Names.ask("db.example.com", of: server) == Names.truth) }
            }
        }

        @Test func everyAnswer() async throws {
            try await Names.serving { client in
                for (answer, four, six) in [
                    ("servfail", "SERVFAIL", "SERVFAIL"), ("timeout", "TIMEOUT", "TIMEOUT"),
                    ("198.51.100.7,198.51.100.8", "198.51.100.7 198.51.100.8", ""),
                    ("198.51.100.7,2001:db8::7", "198.51.100.7", "2001:db8::7"),
                ] {
                    let fault = try await client.inject("network.dns", ["name": "*.example.com", "answer": answer])
                    #expect(try await Names.ask("a.b.example.com", of: Lab.peer4) == four, "\(answer)")
                    #expect(try await Names.ask("db.example.com", .aaaa, of: Lab.peer4) == six, "\(answer)")
                    #expect(try await Names.ask("example.com", of: Lab.peer4) == Names.truth, "\(answer)")
                    _ = try await client.end(fault.id)
                }
            }
        }

        /// By the C library, and by a server on loopback, as systemd-resolved is one.
        @Test func theSystemsOwnResolverAndOneOnLoopback() async throws {
            try await Names.serving { client in
                #expect(try await Names.getent("db.example.com") == Names.truth)
                let fault = try await client.inject("network.dns", ["name": "db.example.com", "answer": "198.51.100.7"])
                #expect(try await Names.getent("db.example.com") == "198.51.100.7")
                #expect(try await Names.getent("other.example.com") == Names.truth)
                #expect(try await Names.ask("db.example.com", of: Names.loopback) == "198.51.100.7")
                #expect(try await Names.ask("other.example.com", of: Names.loopback) == Names.truth)
                _ = try await client.end(fault.id)
                #expect(try await Names.getent("db.example.com") == Names.truth)
            }
        }

        @Test func onlyTheServerThatIsMeant() async throws {
            try await Names.serving { client in
                let fault = try await client.inject("network.dns", ["name": "db.example.com", "peer": Lab.peer4])
                #expect(try await Names.ask("db.example.com", of: Lab.peer4) == "NXDOMAIN")
                for server in [Names.peer6, Names.loopback] { #expect(try await Names.ask("db.example.com", of: server) == Names.truth) }
                _ = try await client.end(fault.id)
            }
        }

        /// One socket, translated on its way: what remembered a connection would keep it from its server after the fault.
        @Test func aContainerBehindTheNodeWithASocketThatStaysOpen() async throws {
            try await Names.serving { client in
                async let asked = Names.watch("db.example.com", in: "web", seconds: 7)
                try await Task.sleep(for: .seconds(1))
                let fault = try await client.inject("network.dns", ["name": "db.example.com"], lease: "2s")
                _ = try await client.wait(fault.id, for: .reverted, timeout: .seconds(10))
                let answers = try await asked
                #expect(answers == [Names.truth, "NXDOMAIN", Names.truth], "\(answers)")
                let own = try await client.inject("network.dns", ["name": "db.example.com", "forwarded": "false"])
                #expect(try await Names.ask("db.example.com", of: Lab.peer4, in: "web") == Names.truth)
                #expect(try await Names.ask("db.example.com", of: Lab.peer4) == "NXDOMAIN")
                _ = try await client.end(own.id)
            }
        }

        @Test func insideOneContainer() async throws {
            try await Names.serving { client in
                let fault = try await client.inject("network.dns", ["name": "db.example.com", "answer": "servfail", "container.name": "^web$"])
                #expect(try await Names.ask("db.example.com", of: Lab.peer4, in: "web") == "SERVFAIL")
                for other in ["cache", nil] { #expect(try await Names.ask("db.example.com", of: Lab.peer4, in: other) == Names.truth) }
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await Names.ask("db.example.com", of: Lab.peer4, in: "web") == Names.truth)
            }
        }

        @Test func withNoDaemonAliveTheLeaseEndsAllTheSame() async throws {
            let folder = "/run/systemd/system/faultd.service.d"
            try await Lab.node(
                "mkdir -p \(folder); printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > \(folder)/dead.conf; systemctl daemon-reload")
            try await Names.serving { client in
                let fault = try await client.inject("network.dns", ["name": "db.example.com"], lease: "4s")
                let end = ContinuousClock.now + .seconds(4)
                try await Lab.node("systemctl kill -s KILL faultd")
                #expect(try await Names.ask("db.example.com", of: Lab.peer4) == "NXDOMAIN")
                try await Task.sleep(until: end + .seconds(1), clock: .continuous)
                #expect(try await Names.ask("db.example.com", of: Lab.peer4) == Names.truth)
                try await Lab.eventually("the worker is gone", within: .seconds(3)) {
                    try await Lab.node("systemctl list-units --all --plain --no-legend 'faultd-worker-*'").text.isEmpty
                }
                #expect(try await Lab.state(of: "faultd") != "active")
                try await Lab.node("rm -r \(folder); systemctl daemon-reload; systemctl reset-failed faultd; systemctl start faultd")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                #expect(try await again.fault(fault.id).document.state == .reverted)
                await again.shutdown()
            }
        }

        /// What nobody answers for passes, and is told.
        @Test func withoutItsWorkerEverythingPasses() async throws {
            try await Names.serving { client in
                let fault = try await client.inject("network.dns", ["name": "db.example.com"])
                try await Lab.node("systemctl kill -s KILL 'faultd-worker-*'")
                try await Lab.eventually("queries pass", within: .seconds(3)) { try await Names.ask("db.example.com", of: Lab.peer4) == Names.truth }
                #expect(try await client.fault(fault.id).document.drift.isEmpty == false)
                _ = try await client.end(fault.id)
            }
        }

        @Test func aNameOfAnotherFaultAndWhatIsNoName() async throws {
            try await Lab.restoring { client in
                _ = try await client.inject("network.dns", ["name": "*.example.com"])
                let clash = await #expect(throws: Problem.self) { try await client.inject("network.dns", ["name": "db.example.com"]) }
                #expect(clash?.status == 409)
                _ = try await client.inject("network.dns", ["name": "example.com", "answer": "timeout"])
                let wrong = await #expect(throws: Problem.self) { try await client.inject("network.dns", ["name": "10.0.0.1"]) }
                #expect(wrong?.type == .invalidField && wrong?.errors?.first?.field == "spec.names[0]", "\(String(describing: wrong))")
            }
        }
    }
}
