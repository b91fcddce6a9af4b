// Partitions on the booted node: who is cut off, who is not, and how fast a program hears of it.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Partition {
        /// Waits for words from the peer's echo server that never come, and prints the error it gets and when.
        private func listener(_ host: String, _ port: Int, seconds: Int, in place: String = "") -> String {
            """
            \(place) python3 -c '
            import socket, time
            s = socket.create_connection(("\(host)", \(port)), 2); s.settimeout(\(seconds))
            try: print("bytes", len(s.recv(1)))
            except TimeoutError: print("nothing")
            except OSError as error: print(error.errno, int(time.time() * 1000))'
            """
        }

        private static let v6 = Lab.peer6.filter { $0 != "[" && $0 != "]" }

        @Test func onePeerIsCutBothWaysAndAnotherIsNot() async throws {
            let node = try Lab.setting("FAULTD_LAB_NODE_IP4")
            try await Lab.restoring { client in
                let fault = try await client.inject("network.partition", ["from": "\(Lab.peer4)"])
                #expect(fault.backstop?.by == "kernel")
                for port in [80, 443] { #expect(try await Lab.connect(Lab.peer4, port) == .timedOut) }
                #expect(try await Lab.node("ping -c 1 -W 1 \(Lab.peer4)").status != 0)
                #expect(try await Lab.node("docker exec web sh -c 'echo ping | nc -w 2 \(Lab.peer4) 443' | grep -q ping").status != 0)
                let peer = try await Lab.run(
                    try Lab.setting("FAULTD_LAB"), "exec", try Lab.setting("FAULTD_LAB_PEER"), "ping", "-c", "1", "-W", "1", node)
                #expect(peer.status != 0)
                #expect(try await Lab.connect(Lab.peer6, 443) == .answered)
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            }
        }

        @Test func establishedConnectionsAreAbortedAtOnceAndOthersLive() async throws {
            try await Lab.restoring { client in
                async let hit = Lab.node(listener(Lab.peer4, 443, seconds: 8))
                async let other = Lab.node(listener(Self.v6, 443, seconds: 4))
                try await Lab.eventually("both are connected", within: .seconds(10)) { try await connections(443) >= 2 }
                let fault = try await client.inject("network.partition", ["from": "\(Lab.peer4)", "cut_established": "true"])
                let seen = try #require(fault.evidence.observations?.first)
                #expect(seen.state == "aborted" && seen.figures?["aborted_connections"] == 1)
                let words = try await hit.text.split(separator: " ").compactMap { Int64($0.filter(\.isNumber)) }
                #expect(words.first == 103, "ECONNABORTED")
                let heard = Timestamp(milliseconds: try #require(words.last))
                let applied = try #require(fault.applied_at)
                #expect(
                    heard - fault.created_at > .zero && heard - applied < .milliseconds(200), "heard \((heard - applied).text) after it was in force")
                #expect(try await other.text.contains("nothing"))
                _ = try await client.end(fault.id)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            }
        }

        @Test func withoutThatTheyStall() async throws {
            try await Lab.restoring { client in
                async let hit = Lab.node(listener(Lab.peer4, 443, seconds: 4))
                try await Lab.eventually("it is connected", within: .seconds(10)) { try await connections(443) >= 1 }
                let fault = try await client.inject("network.partition", ["from": "\(Lab.peer4)"])
                #expect(fault.evidence.observations == nil)
                #expect(try await hit.text.contains("nothing"))
                _ = try await client.end(fault.id)
            }
        }

        @Test func aContainersConnectionsAreAbortedInItsOwnNetwork() async throws {
            try await Lab.restoring { client in
                let inside = "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n"
                async let hit = Lab.node(listener(Lab.peer4, 443, seconds: 8, in: inside))
                async let own = Lab.node(listener(Lab.peer4, 443, seconds: 4))
                try await Lab.eventually("both are connected", within: .seconds(10)) {
                    let there = try await Lab.node("\(inside) ss -Htn state established dport = :443 | wc -l").text
                    let here = try await connections(443)
                    return here >= 1 && there.hasPrefix("1")
                }
                let fault = try await client.inject(
                    "network.partition", ["from": "everything", "container.name": "^web$", "cut_established": "true"])
                #expect(fault.evidence.observations?.first?.figures?["aborted_connections"] == 1)
                #expect(try await hit.text.hasPrefix("103 "))
                #expect(try await own.text.contains("nothing"))
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                _ = try await client.end(fault.id)
            }
        }

        @Test func aNodeIsCutFromPeersAndAUnitStopsAsOneAct() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("node.cut", ["from": "\(Lab.peer4)", "unit": "node-agent"], lease: "5s")
                #expect(try await Lab.connect(Lab.peer4, 80) == .timedOut)
                #expect(try await Lab.state(of: "node-agent") != "active")
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(15)).document
                #expect(ended.clean == true && ended.ended_by == .lease)
                #expect(try await Lab.connect(Lab.peer4, 80) == .answered)
                #expect(try await Lab.state(of: "node-agent") == "active")
            }
        }

        @Test func badSidesAreRefused() async throws {
            try await Lab.restoring { client in
                for (from, words) in [
                    ("everything,10.0.0.1", "spec.from must be \"everything\" alone"), ("10.0.0.0/33", "spec.from[0] must be"),
                    ("nowhere.invalid", "does not resolve"),
                ] {
                    let problem = try #require(
                        await #expect(throws: Problem.self) { try await client.inject("network.partition", ["from": "\(from)"]) })
                    #expect(problem.detail.contains(words), "\(problem)")
                }
            }
        }

        /// Of the node, established, to that port.
        private func connections(_ port: Int) async throws -> Int {
            let text = try await Lab.node("ss -Htn state established dport = :\(port) | wc -l").text
            return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        }
    }
}
