// The same faults with the other backend: rules in nftables, which is what the node's Docker uses too.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Nftables {
        private static let drop: KeyValuePairs = ["protocol": "tcp", "port": "443"]

        /// Runs `body` with `packet_backend` set so, and sets it back whatever happens.
        static func configured(_ backend: String = "nftables", _ body: (FaultClient) async throws -> Void) async throws {
            try await set(backend)
            do { try await Lab.restoring(body) } catch {
                try await set("iptables")
                throw error
            }
            try await set("iptables")
        }

        private static func set(_ backend: String) async throws {
            let edit = "sed -i 's/^packet_backend:.*/packet_backend: \(backend)/' /etc/faultd/faultd.yaml"
            let output = try await Lab.node("\(edit) && grep -q '^packet_backend: \(backend)$' /etc/faultd/faultd.yaml && systemctl restart faultd")
            #expect(output.status == 0, "\(output.text)")
            try await Lab.settled()
        }

        @Test func droppedIsATimeoutOnThatPortOnlyInBothFamiliesUntilTheLeaseEnds() async throws {
            try await Self.configured { client in
                let fault = try await client.inject("network.drop", Self.drop, lease: "15s")
                #expect(fault.evidence.packets?.backend == "nftables")
                #expect(fault.changes.contains { $0.apply.hasPrefix("nft 'insert rule inet faultd output meta nfproto ipv4 ") })
                #expect(try await Lab.node("iptables-legacy-save; ip6tables-legacy-save").text.contains("FAULTD") == false)
                for host in [Lab.peer4, Lab.peer6] {
                    #expect(try await Lab.connect(host, 443) == .timedOut)
                    #expect(try await Lab.connect(host, 80) == .answered)
                }
                #expect((try await client.fault(fault.id).document.evidence.packets?.hitPackets ?? 0) > 0)
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(20)).document
                #expect(ended.ended_by == .lease && ended.clean == true)
                for host in [Lab.peer4, Lab.peer6] { #expect(try await Lab.connect(host, 443) == .answered) }
                #expect(try await Lab.node("nft list table inet faultd").status != 0)
            }
        }

        @Test func autoTakesWhatDockerUsesAndSaysWhy() async throws {
            try await Self.configured("auto") { client in
                let doctor = try await Lab.node("faultctl doctor; faultd check-config")
                #expect(doctor.text.contains("nftables (table inet faultd)"), "\(doctor.text)")
                #expect(doctor.text.contains("nft tables are in use (ip filter, ip nat"), "\(doctor.text)")
                #expect(doctor.text.contains("packet_backend   auto"), "\(doctor.text)")
                #expect(try await client.inject("network.drop", Self.drop).evidence.packets?.backend == "nftables")
            }
        }

        /// A datagram a millisecond inside the node, over the loopback interface: each has arrived, or never will, when it is sent.
        @Test func withNobodyAliveTheKernelEndsItToTheMillisecond() async throws {
            try await Self.configured { client in
                var killed: FaultID?
                try await Dead.lasting {
                    let fields: KeyValuePairs = ["protocol": "udp", "port": "9999", "peer": "127.0.0.1"]
                    let fault = try await client.inject("network.drop", fields, lease: "3s")
                    killed = fault.id
                    try await Lab.node("systemctl kill -s KILL faultd")
                    let probe = try await Lab.node(Self.firstArrival)
                    let arrival = Timestamp(milliseconds: try #require(Int64(probe.text.split(separator: "\n").last ?? ""), "\(probe.text)"))
                    let late = arrival - fault.lease.expires_at
                    print("nftables: the kernel ended it \(late.text) after the end of the lease, with no daemon alive")
                    #expect(late >= .zero && late < .milliseconds(200), "\(late.text)")
                    #expect(try await Lab.state(of: "faultd") != "active")
                    // Inert, and still there until somebody sweeps.
                    #expect(try await Lab.node("nft list table inet faultd").text.contains("alive-\(fault.id)"))
                }
                let again = FaultClient(socket: try await Lab.socket())
                #expect(try await again.fault(try #require(killed)).document.state == .reverted)
                await again.shutdown()
                #expect(try await Lab.node("nft list table inet faultd").status != 0)
            }
        }

        private static let firstArrival = """
            python3 -c '
            import socket, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 9999)); s.setblocking(False)
            end = time.time() + 15
            while time.time() < end:
                sent = time.time()
                # What is dropped on its way out is told to who sends it.
                try: s.sendto(b"x", ("127.0.0.1", 9999)); s.recv(1); print(int(sent * 1000)); break
                except OSError: time.sleep(0.001)'
            """

        @Test func aRulesetThatSomebodyFlushedIsToldAndNotPutBack() async throws {
            try await Self.configured { client in
                try await Lab.node("iptables-nft-save > /run/4.rules; ip6tables-nft-save > /run/6.rules")
                let fault = try await client.inject("network.drop", Self.drop)
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                try await Lab.node("nft flush ruleset")
                let seen = try await client.fault(fault.id).document
                #expect(seen.drift.contains { $0.hasSuffix("rules are in the kernel; somebody removed the rest") }, "\(seen.drift)")
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await client.end(fault.id).document.clean == true)
                try await Lab.node("iptables-nft-restore < /run/4.rules; ip6tables-nft-restore < /run/6.rules; rm /run/4.rules /run/6.rules")
            }
        }

        /// Docker writes its own tables anew when it starts.
        @Test func aRestartedDockerAndAFaultLeaveEachOtherAlone() async throws {
            try await Self.configured { client in
                let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443", "forwarded": "true"])
                try await Lab.node("systemctl restart docker && docker start batch")
                #expect(try await client.fault(fault.id).document.drift == [])
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                #expect(try await client.end(fault.id).document.clean == true)
            }
        }

        /// An earlier daemon chose otherwise: what it put in force is undone where it is.
        @Test func aFaultOfTheOtherBackendIsUndoneByIt() async throws {
            try await Self.configured { client in
                let fault = try await client.inject("network.drop", Self.drop)
                try await Lab.node("systemctl kill -s KILL faultd; sed -i 's/^packet_backend:.*/packet_backend: iptables/' /etc/faultd/faultd.yaml")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                #expect(try await again.fault(fault.id).document.state == .reverted)
                await again.shutdown()
                #expect(try await Lab.node("nft list table inet faultd").status != 0)
            }
        }

        @Test(arguments: ["nftables", "iptables"]) func someAreLostAndNoOther(_ backend: String) async throws {
            try await Self.configured(backend) { client in
                let fields: KeyValuePairs = ["protocol": "udp", "port": "9998", "peer": "127.0.0.1", "every": "4"]
                let turns = try await client.inject("network.loss", fields)
                #expect(try await Self.arrived(400) == 300)
                let hits = try await client.fault(turns.id).document.evidence.packets
                #expect(hits?.hitPackets == 100 && hits?.backend.hasPrefix(backend) == true)
                _ = try await client.end(turns.id)
                let chance = try await client.inject(
                    "network.loss", ["protocol": "udp", "port": "9998", "peer": "127.0.0.1", "loss": "30"])
                // Of 2000 with a chance of 0.7 each, six standard deviations are 123.
                let arrived = try await Self.arrived(2000)
                #expect((1400 - 123...1400 + 123).contains(arrived), "\(arrived) of 2000")
                _ = try await client.end(chance.id)
                #expect(try await Self.arrived(400) == 400)
                let refused = await #expect(throws: Problem.self) { try await client.inject("network.loss", ["port": "9998", "loss": "100"]) }
                #expect(refused?.errors?.map(\.field) == ["spec.loss"])
            }
        }

        private static func arrived(_ count: Int) async throws -> Int {
            let script = """
                python3 -c '
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 9998)); s.setblocking(False); n = 0
                for i in range(\(count)):
                    try: s.sendto(b"x", ("127.0.0.1", 9998)); s.recv(1); n += 1
                    except OSError: pass
                print(n)'
                """
            return Int(try await Lab.node(script).text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
        }

        @Test func insideAContainerOnly() async throws {
            let fetch = "docker exec web sh -c 'echo ping | nc -w 2 \(Lab.peer4) 443' | grep -q ping"
            try await Self.configured { client in
                #expect(try await Lab.node(fetch).status == 0)
                let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443", "container.name": "^web$"])
                #expect(fault.evidence.packets?.backend == "nftables")
                #expect(try await Lab.node(fetch).status != 0)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.node("nft list table inet faultd").status != 0, "nothing is in the node's own tables")
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await Lab.node(fetch).status == 0)
            }
        }
    }
}
