// Shaping measured by transfers over the wire, and interfaces by what passes.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Traffic {
        /// At 1 Mbit/s it takes almost two seconds, and without a limit some hundredths of one.
        private static let amount = 250_000
        private static let slow = 1.3..<4.0
        private static let fast = 0.0..<0.9

        /// Seconds until everything that was sent has come back from the peer, which echoes it.
        private static func seconds(_ host: String, _ port: Int) async throws -> Double {
            let script = """
                python3 -c '
                import socket, threading, time
                start = time.monotonic()
                s = socket.create_connection(("\(host.trimmingCharacters(in: ["[", "]"]))", \(port)), 10)
                threading.Thread(target=lambda: s.sendall(b"x" * \(amount)), daemon=True).start()
                left = \(amount)
                while left: left -= len(s.recv(65536))
                print(time.monotonic() - start)'
                """
            let output = try await Lab.node(script)
            return try #require(Double(output.text.trimmingCharacters(in: .whitespacesAndNewlines)), "\(output.text)")
        }

        /// The same from a container, to which nc is all there is.
        private static func secondsInside(_ container: String) async throws -> Double {
            let transfer = "head -c \(amount) /dev/zero | nc -w 5 \(Lab.peer4) 443 | head -c \(amount) | wc -c"
            let output = try await Lab.node("date +%s.%N; docker exec \(container) sh -c '\(transfer)'; date +%s.%N")
            let lines = output.text.split(separator: "\n").map(String.init)
            try #require(lines.count == 3 && lines[1].trimmingCharacters(in: .whitespaces) == "\(amount)", "\(output.text)")
            return try #require(Double(lines[2])) - #require(Double(lines[0]))
        }

        @Test func outgoingIsHeldBackOnThatPortOnlyInBothFamilies() async throws {
            try await Lab.restoring { client in
                for host in [Lab.peer4, Lab.peer6] { #expect(try await Self.fast.contains(Self.seconds(host, 443))) }
                let fault = try await client.inject(
                    "network.bandwidth", ["rate": "1mbit", "protocol": "tcp", "port": "443", "interface": "eth0"])
                #expect(fault.backstop?.by == "systemd")
                for host in [Lab.peer4, Lab.peer6] {
                    let time = try await Self.seconds(host, 443)
                    #expect(Self.slow.contains(time), "\(host): \(time)")
                    #expect(try await Self.fast.contains(Self.seconds(host, 6443)))
                }
                let seen = try await client.fault(fault.id).document
                #expect(seen.drift.isEmpty)
                #expect((seen.evidence.observations?.first?.figures?["bytes"] ?? 0) > 2 * Int64(Self.amount))
                #expect(try await client.end(fault.id).document.clean == true)
                for host in [Lab.peer4, Lab.peer6] { #expect(try await Self.fast.contains(Self.seconds(host, 443))) }
            }
        }

        @Test func incomingIsHeldBackToo() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject(
                    "network.bandwidth",
                    ["rate": "1mbit", "direction": "in", "protocol": "tcp", "source_port": "443", "peer": Lab.peer4, "interface": "eth0"], lease: "8s"
                )
                let time = try await Self.seconds(Lab.peer4, 443)
                #expect(Self.slow.contains(time), "\(time)")
                #expect(try await Self.fast.contains(Self.seconds(Lab.peer4, 6443)))
                #expect(try await Self.fast.contains(Self.seconds(Lab.peer6, 443)))
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(15)).document
                #expect(ended.ended_by == .lease && ended.clean == true, "\(ended.drift)")
                #expect(try await Self.fast.contains(Self.seconds(Lab.peer4, 443)))
                #expect(try await Lab.node("ip -br link").text.contains("faultd") == false)
            }
        }

        @Test func aContainersTrafficIsShapedInsideItAlone() async throws {
            try await Lab.restoring { client in
                #expect(try await Self.fast.contains(Self.secondsInside("web")))
                let fault = try await client.inject("network.bandwidth", ["rate": "1mbit", "container.name": "^web$"])
                let time = try await Self.secondsInside("web")
                #expect(Self.slow.contains(time), "\(time)")
                #expect(try await Self.fast.contains(Self.secondsInside("cache")))
                #expect(try await Self.fast.contains(Self.seconds(Lab.peer4, 443)))
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await Self.fast.contains(Self.secondsInside("web")))
            }
        }

        @Test func withTheDaemonDeadTheTimerEndsIt() async throws {
            try await Lab.restoring { client in
                try await Dead.begin()
                let before = try await Lab.node("tc qdisc show dev eth0").text
                _ = try await client.inject("network.bandwidth", ["rate": "1mbit", "direction": "both", "interface": "eth0"], lease: "4s")
                try await Lab.node("systemctl kill -s KILL faultd")
                #expect(try await Lab.node("tc qdisc show dev eth0").text.contains("fa17:"))
                try await Lab.eventually("the qdiscs are as before", within: .seconds(10)) {
                    try await Lab.node("tc qdisc show dev eth0").text == before
                }
                #expect(try await Self.fast.contains(Self.seconds(Lab.peer4, 443)))
                #expect(try await Lab.node("systemctl is-active faultd").text.hasPrefix("failed"))
                try await Dead.end()
                try await Lab.node("systemctl reset-failed faultd; systemctl start faultd")
                try await Lab.settled()
            }
        }

        @Test func anInterfaceHasOneFaultADirectionAndNoneIfItsQdiscIsAnothers() async throws {
            try await Lab.restoring { client in
                func refusal(_ fields: KeyValuePairs<String, String>) async throws -> Problem {
                    do throws(Problem) {
                        _ = try await client.inject("network.bandwidth", fields)
                        throw Problem(.internalError, "granted")
                    } catch { return error }
                }
                let fault = try await client.inject("network.bandwidth", ["rate": "10mbit", "interface": "eth0"])
                let clash = try await refusal(["rate": "1mbit", "interface": "eth0"])
                #expect(clash.status == 409 && clash.description.contains(fault.id.text))
                _ = try await client.end(fault.id)
                try await Lab.node("tc qdisc add dev eth0 root handle 5: tbf rate 1gbit burst 64kb latency 50ms")
                let foreign = try await refusal(["rate": "1mbit", "interface": "eth0"])
                #expect(foreign.status == 409 && foreign.detail.contains("tbf 5:"), "\(foreign)")
                #expect(try await Lab.node("tc qdisc show dev eth0").text.contains("tbf 5: root"))
                try await Lab.node("tc qdisc del dev eth0 root")
                #expect(try await refusal(["rate": "fast"]).status == 400)
                #expect(try await refusal(["rate": "1mbit", "source_port": "22", "interface": "eth0"]).status == 403)
            }
        }

        @Test func whatTheKernelLacksIsSaidAndNothingIsTouched() async throws {
            try await Lab.restoring { client in
                let hasNetem = try await Lab.node("tc qdisc add dev lo root netem delay 1us && tc qdisc del dev lo root").status == 0
                let report = try await client.node().document.capabilities.first { $0.capability == .netem }
                #expect(report?.available == hasNetem)
                for (kind, field) in [("network.delay", ("delay", "1ms")), ("network.corrupt", ("percent", "1"))] where !hasNetem {
                    do throws(Problem) {
                        _ = try await client.create(form: [("kind", kind), ("lease", "5s"), ("interface", "eth0"), field])
                        Issue.record("\(kind) was granted without netem")
                    } catch {
                        #expect(error.status == 424 && error.detail.contains("netem"), "\(error)")
                        #expect(error.hint?.contains("sch_netem") == true)
                    }
                }
            }
        }

        // MARK: network.interface-down

        /// A second interface with routes of its own, and how it looks.
        private static func withSecond(_ body: () async throws -> Void) async throws {
            try await Lab.node(
                """
                ip link add lab9 type veth peer name lab8 && ip link set lab8 up && ip link set lab9 up && ip addr add 10.6.0.1/24 dev lab9
                ip -6 addr add fd06::1/64 dev lab9 nodad; ip route add 10.60.0.0/16 via 10.6.0.254; ip -6 route add fd60::/32 via fd06::fe; sleep 0.3
                """)
            do { try await body() } catch {
                try await Lab.node("ip link del lab9")
                throw error
            }
            try await Lab.node("ip link del lab9")
        }

        private static func look() async throws -> String {
            let text = try await Lab.node("ip -br addr show dev lab9; ip route show dev lab9; ip -6 route show dev lab9 | sort").text
            return text.replacing(" tentative", with: "")
        }

        @Test func anInterfaceGoesDownAndComesBackWithItsRoutes() async throws {
            try await Self.withSecond {
                try await Lab.restoring { client in
                    let before = try await Self.look()
                    #expect(before.contains("10.60.0.0/16") && before.contains("fd60::/32") && before.contains("UP"))
                    let fault = try await client.inject("network.interface-down", ["interface": "lab9"], lease: "2s")
                    #expect(fault.backstop?.by == "systemd")
                    let during = try await Self.look()
                    #expect(during.contains("DOWN") && !during.contains("fd06::1") && !during.contains("10.60.0.0/16"))
                    let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(10)).document
                    #expect(ended.ended_by == .lease && ended.clean == true, "\(ended.drift)")
                    #expect(try await Self.look() == before)
                    try await Dead.begin()
                    _ = try await client.inject("network.interface-down", ["interface": "lab9"], lease: "2s")
                    try await Lab.node("systemctl kill -s KILL faultd")
                    #expect(try await Self.look().contains("DOWN"))
                    try await Lab.eventually("the timer puts it back", within: .seconds(8)) { try await Self.look() == before }
                    try await Dead.end()
                    try await Lab.node("systemctl reset-failed faultd; systemctl start faultd")
                    try await Lab.settled()
                }
            }
        }

        @Test func aContainersInterfaceGoesDownInsideItAlone() async throws {
            let fetch = "docker exec web sh -c 'echo ping | nc -w 2 \(Lab.peer4) 443' | grep -q ping"
            try await Lab.restoring { client in
                #expect(try await Lab.node(fetch).status == 0)
                let fault = try await client.inject("network.interface-down", ["interface": "eth0", "container.name": "^web$"])
                #expect(try await Lab.node(fetch).status != 0)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await Lab.node(fetch).status == 0)
                let refused = await #expect(throws: Problem.self) { try await client.inject("network.interface-down", ["interface": "lo"]) }
                #expect(refused?.status == 403)
            }
        }
    }
}
