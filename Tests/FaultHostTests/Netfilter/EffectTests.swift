// What packets feel.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct EffectTests {
        @Test(arguments: [("127.0.0.1", IPFamily.ipv4), ("::1", .ipv6)], Tables.both)
        func `a drop cuts its port and no other, until it is reverted`(_ place: (String, IPFamily), _ kind: PacketTables) async throws {
            let (address, family) = place
            try await Tables.with(kind) { tables in
                let (cut, other) = (try Probe(tcp: address, port: 443), try Probe(tcp: address, port: 80))
                #expect(cut.connects() == .connected)
                let undo = try await tables.inject([.drop(to: 443, .output, family)], as: .test(1))
                #expect(cut.connects() == .timedOut && other.connects() == .connected)
                let packets = try await tables.backend.observe(undo).packets
                #expect(try #require(packets).hitPackets >= 1 && packets?.hitBytes ?? 0 >= 60)
                _ = try await tables.backend.revert(undo)
                #expect(cut.connects() == .connected)
            }
        }

        @Test(arguments: Tables.both) func `a reject with tcp-reset answers at once`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let probe = try Probe(port: 443)
                let undo = try await tables.inject([RichRules.reset], as: .test(1))
                #expect(probe.connects(within: .seconds(2)) == .refused)
                _ = try await tables.backend.revert(undo)
                #expect(probe.connects() == .connected)
            }
        }

        @Test(arguments: Tables.both)
        func `a rule on the original destination cuts what the node's NAT rewrites, and only that`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                try tables.shell.expect("iptables-legacy -t nat -A OUTPUT -d 127.0.0.2 -p tcp --dport 443 -j DNAT --to 127.0.0.1:8443")
                defer { _ = try? tables.shell.run("iptables-legacy -t nat -F") }
                let probe = try Probe(port: 8443)
                let service = ("127.0.0.2", UInt16(443))
                let port = try await tables.inject([.drop(to: 443)], as: .test(1))
                #expect(probe.connects(to: service) == .connected, "the port alone does not see the rewritten packet")
                _ = try await tables.backend.revert(port)
                let original = try await tables.inject([RichRules.service], as: .test(2))
                #expect(probe.connects(to: service) == .timedOut && probe.connects() == .connected)
                _ = try await tables.backend.revert(original)
                #expect(probe.connects(to: service) == .connected)
            }
        }

        @Test(arguments: Tables.both) func `every n-th packet is lost, and no other`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let probe = try DatagramProbe(port: 9999)
                let undo = try await tables.inject([.share { $0.every = 3 }], as: .test(1))
                #expect((1...9).map { _ in probe.arrives() } == [true, true, false, true, true, false, true, true, false])
                #expect(try await tables.backend.observe(undo).packets?.hitPackets == 3)
                _ = try await tables.backend.revert(undo)
                #expect(probe.arrives())
            }
        }

        /// Of 4000 packets with a chance of a quarter each, six standard deviations are 164.
        @Test(arguments: Tables.both) func `a share is lost by chance`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let probe = try DatagramProbe(port: 9999)
                let undo = try await tables.inject([.share { $0.probability = 0.25 }], as: .test(1))
                let lost = (1...4000).count { _ in !probe.arrives() }
                #expect((1000 - 164...1000 + 164).contains(lost))
                #expect(try await tables.backend.observe(undo).packets?.hitPackets == UInt64(lost))
            }
        }
    }
}

extension PacketRule {
    /// Some of the datagrams to a port.
    static func share(_ change: (inout PacketRule) -> Void) -> PacketRule {
        var rule = drop(ProtocolMatch.udp, to: 9999)
        change(&rule)
        return rule
    }
}

extension RichRules {
    static let reset = PacketRule.make(.output, .reject(.tcpReset)) {
        $0.proto = ProtocolMatch(ProtocolMatch.tcp)
        $0.destinationPorts = PortMatch([PortRange(443, 443)])
    }

    static let service = PacketRule.make(.output) {
        $0.proto = ProtocolMatch(ProtocolMatch.tcp)
        $0.originalDestination = CIDR(text: "127.0.0.2")
        $0.originalDestinationPorts = PortRange(443, 443)
    }
}
