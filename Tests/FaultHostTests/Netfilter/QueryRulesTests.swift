// Rules in the raw table: put there and taken out to the last chain.
import FaultModel
import Testing

@testable import FaultHost

enum QueryRules {
    static let all: [PacketRule] = IPFamily.allCases.flatMap { family in
        [PacketChain.output, .prerouting].map { chain in
            .make(chain, .queue(40_000), family) {
                $0.proto = ProtocolMatch(ProtocolMatch.udp)
                $0.destinationPorts = PortMatch([PortRange(53, 53)])
                $0.dnsName = DNSName("*.example.com")
            }
        } + [
            .make(.output, .untracked, family) {
                $0.proto = ProtocolMatch(ProtocolMatch.udp)
                $0.sourcePorts = PortMatch([PortRange(53, 53)])
                $0.packetMark = 0xFA17_D115
            }
        ]
    }
}

extension InNamespace {
    @Suite struct QueryRulesTests {
        @Test func `nothing of ours stays in the raw table, and what others have there is told`() async throws {
            try await Tables.with { tables in
                let raw = { try tables.shell.expect("iptables-legacy -t raw -S; ip6tables-legacy -t raw -S") }
                let before = try raw()
                let undo = try await tables.inject(QueryRules.all, as: .test(1))
                #expect(try raw().contains("-A FAULTD-PREROUTING"))
                #expect(try await tables.backend.inventory().map(\.fault) == [.test(1)])
                try tables.shell.expect("iptables-legacy -t raw -I OUTPUT -p udp --dport 9 -j ACCEPT")
                #expect(
                    try await tables.backend.observe(undo).drift == [
                        "iptables -t raw: the jump from OUTPUT to FAULTD-OUTPUT is no longer the first rule; rules before it win"
                    ])
                let outcome = try await tables.backend.revert(undo)
                #expect(outcome.result == .restored)
                #expect(outcome.drift == ["iptables -t raw OUTPUT: 0 rules of others before, 1 now: somebody else changed them"])
                try tables.shell.expect("iptables-legacy -t raw -D OUTPUT -p udp --dport 9 -j ACCEPT")
                #expect(try raw() == before)
                #expect(try await tables.backend.inventory().isEmpty)
            }
        }

        @Test func `a rule in the filter table of the same fault is none of the raw table's`() async throws {
            try await Tables.with { tables in
                let undo = try await tables.inject(QueryRules.all + [.drop(to: 443)], as: .test(1))
                #expect(try tables.saved(.ipv4).contains("FAULTD-OUTPUT -p tcp"))
                let artefacts = try await tables.backend.inventory()
                for artefact in artefacts { try await tables.backend.remove(artefact) }
                #expect(try await tables.backend.inventory().isEmpty)
                #expect(try await tables.backend.revert(undo).result == .alreadyGone)
            }
        }
    }
}
