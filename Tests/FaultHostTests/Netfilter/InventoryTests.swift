// What is ours on a node, and its removal one by one.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct InventoryTests {
        @Test func `an untouched node holds nothing of ours`() async throws {
            try await Tables.with { tables in
                try tables.shell.expect("iptables-legacy -A OUTPUT -m comment --comment faultd:nonsense -j ACCEPT")
                #expect(try await tables.backend.inventory() == [])
            }
        }

        @Test func `each fault is one entry, wherever its rules are`() async throws {
            try await Tables.with { tables in
                let before = try tables.saved()
                try await tables.inject(RichRules.all, as: .test(2))
                try await tables.inject([.drop(to: 443, .output, .ipv6)], as: .test(1))
                try tables.shell.expect("iptables-legacy -A INPUT -m comment --comment \(FaultID.test(3).mark) -j DROP")
                let found = try await tables.backend.inventory()
                #expect(found.map(\.fault) == [.test(1), .test(2), .test(3)])
                #expect(found.first?.name == "packet rules with the comment \(FaultID.test(1).mark)")
                for artefact in found + found { try await tables.backend.remove(artefact) }
                #expect(try tables.saved() == before)
            }
        }

        @Test func `chains without rules are entries of no fault`() async throws {
            try await Tables.with { tables in
                let before = try tables.saved()
                try await tables.inject([.drop(to: 443), .drop(to: 443, .input, .ipv6)], as: .test(1))
                try tables.shell.expect("iptables-legacy -F FAULTD-OUTPUT && ip6tables-legacy -F")
                let found = try await tables.backend.inventory()
                #expect(found.map(\.name) == ["empty chain FAULTD-OUTPUT (iptables)", "empty chain FAULTD-INPUT (ip6tables)"])
                #expect(found.allSatisfy { $0.fault == nil && $0.mechanism == .packets })
                for artefact in found + found { try await tables.backend.remove(artefact) }
                #expect(try await tables.backend.inventory() == [])
                #expect(try tables.saved() == before)
            }
        }

        @Test(arguments: Tables.both) func `removing one leaves the others`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                try await tables.inject([.drop(to: 443)], as: .test(1))
                let kept = try tables.saved()
                try await tables.inject([.drop(to: 80), .drop(to: 80, .forward)], as: .test(2))
                let found = try await tables.backend.inventory()
                try await tables.backend.remove(try #require(found.last))
                #expect(try tables.saved() == kept)
            }
        }
    }
}
