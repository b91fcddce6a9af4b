// Packet faults measured by packets.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Network {
        @Test func droppedIsATimeoutOnThatPortOnlyInBothFamilies() async throws {
            try await Lab.restoring { client in
                for host in [Lab.peer4, Lab.peer6] { #expect(try await Lab.connect(host, 443) == .answered) }
                let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                #expect(fault.state == .active)
                #expect(fault.backstop?.by == "kernel")
                for host in [Lab.peer4, Lab.peer6] {
                    #expect(try await Lab.connect(host, 443) == .timedOut)
                    #expect(try await Lab.connect(host, 80) == .answered)
                }
                let seen = try await client.fault(fault.id).document.evidence.packets
                #expect((seen?.hitPackets ?? 0) > 0)
                let ended = try await client.end(fault.id).document
                #expect(ended.state == .reverted)
                #expect(ended.clean == true)
                for host in [Lab.peer4, Lab.peer6] { #expect(try await Lab.connect(host, 443) == .answered) }
            }
        }

        @Test func rejectedFailsAtOnce() async throws {
            try await Lab.restoring { client in
                for reason in ["tcp-reset", "port-unreachable", "admin-prohibited"] {
                    let fault = try await client.inject("network.reject", ["protocol": "tcp", "port": "443", "with": reason])
                    for host in [Lab.peer4, Lab.peer6] {
                        let start = ContinuousClock.now
                        let reach = try await Lab.connect(host, 443)
                        #expect(reach == .refused, "\(reason) for \(host)")
                        // The kernel tells a connecting IPv6 socket of an ICMPv6 error of its own node only when it sends again, after 1 s.
                        let bound = host == Lab.peer6 && reason != "tcp-reset" ? Duration.milliseconds(1500) : .milliseconds(900)
                        #expect(ContinuousClock.now - start < bound, "\(reason) for \(host)")
                    }
                    _ = try await client.end(fault.id)
                }
            }
        }

        @Test func openConnectionsToOtherPortsLiveAndMatchingOnesStall() async throws {
            try await Lab.restoring { client in
                async let other = Lab.node(Self.echoes(port: 80, seconds: 4))
                async let hit = Lab.node(Self.echoes(port: 443, seconds: 4))
                try await Task.sleep(for: .seconds(1))
                let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                let (alive, stalled) = try await (Self.count(other), Self.count(hit))
                _ = try await client.end(fault.id)
                #expect(alive >= 15, "echoes on port 80: \(alive)")
                #expect(stalled > 0 && stalled < alive, "echoes on port 443: \(stalled)")
            }
        }

        /// Sends a line five times a second on one connection and prints how many came back.
        private static func echoes(port: Int, seconds: Int) -> String {
            """
            python3 -c '
            import socket, time
            s = socket.create_connection(("\(Lab.peer4)", \(port)), 2); s.settimeout(0.3); n = 0
            for i in range(\(seconds * 5)):
                try:
                    s.sendall(b"ping%d\\n" % i); n += 1 if s.recv(100) else 0
                except OSError: pass
                time.sleep(0.2)
            print(n)'
            """
        }

        private static func count(_ output: Lab.Output) -> Int { Int(output.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1 }

        @Test func onlyThePeerThatIsMeant() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", ["peer": "192.0.2.0/24", "protocol": "tcp", "port": "443"])
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                _ = try await client.end(fault.id)
                let hit = try await client.inject("network.drop", ["peer": Lab.peer4])
                #expect(try await Lab.connect(Lab.peer4, 80) == .timedOut)
                #expect(try await Lab.connect(Lab.peer6, 80) == .answered)
                _ = try await client.end(hit.id)
            }
        }

        @Test func aServicePortIsCutBehindItsTranslation() async throws {
            try await Lab.cast("service", "on")
            let service = try Lab.setting("FAULTD_LAB_SERVICE_IP4")
            do {
                try await Lab.restoring { client in
                    #expect(try await Lab.connect(service, 443) == .answered)
                    let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                    #expect(try await Lab.connect(service, 443) == .timedOut)
                    #expect(try await Lab.connect(Lab.peer4, 6443) == .answered)
                    _ = try await client.end(fault.id)
                    let peer = try await client.inject("network.drop", ["peer": service])
                    #expect(try await Lab.connect(service, 443) == .timedOut)
                    #expect(try await Lab.connect(Lab.peer4, 6443) == .answered)
                    _ = try await client.end(peer.id)
                }
            } catch {
                try await Lab.cast("service", "off")
                throw error
            }
            try await Lab.cast("service", "off")
        }

        @Test func containersAreCutOnlyWhenForwardedPacketsAreMeant() async throws {
            // The peer echoes a line; nc fails when nothing comes back.
            let fetch = "docker exec web sh -c 'echo ping | nc -w 2 \(Lab.peer4) 443' | grep -q ping"
            try await Lab.restoring { client in
                #expect(try await Lab.node(fetch).status == 0)
                let own = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                #expect(try await Lab.node(fetch).status == 0)
                _ = try await client.end(own.id)
                let all = try await client.inject("network.drop", ["protocol": "tcp", "port": "443", "forwarded": "true"])
                #expect(try await Lab.node(fetch).status != 0)
                _ = try await client.end(all.id)
                #expect(try await Lab.node(fetch).status == 0)
            }
        }

        @Test func theLeaseEndsItByItself() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"], lease: "2s")
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(10)).document
                #expect(ended.ended_by == .lease)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                let late = try #require(ended.reverted_at) - ended.lease.expires_at
                #expect(late >= .zero && late < .seconds(1), "undone \(late.text) after the end of the lease")
            }
        }

        @Test func faultsComposeAndEndingOneLeavesTheOther() async throws {
            try await Lab.restoring { client in
                let first = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                let second = try await client.inject("network.reject", ["protocol": "tcp", "port": "80"])
                _ = try await client.end(first.id)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.connect(Lab.peer4, 80) == .refused)
                _ = try await client.end(second.id)
                #expect(try await Lab.connect(Lab.peer4, 80) == .answered)
            }
        }

        @Test func foreignRulesStayWhatAndWhereTheyAre() async throws {
            let mine =
                "iptables-legacy -A OUTPUT -p tcp --dport 9999 -j DROP; iptables-legacy -A OUTPUT -p udp --dport 9998 -m comment --comment mine -j ACCEPT"
            try await Lab.node(mine)
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                // An ACCEPT behind the DROP is how people think they undo it; the lease still ends, and their rule is theirs.
                try await Lab.node("iptables-legacy -A OUTPUT -p tcp --dport 443 -j ACCEPT")
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                _ = try await client.end(fault.id)
                #expect(try await Lab.node("iptables-legacy -D OUTPUT -p tcp --dport 443 -j ACCEPT").status == 0)
            }
            try await Lab.node(
                "iptables-legacy -D OUTPUT -p tcp --dport 9999 -j DROP; iptables-legacy -D OUTPUT -p udp --dport 9998 -m comment --comment mine -j ACCEPT"
            )
        }
    }
}
