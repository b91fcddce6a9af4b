// Both tables as iptables-legacy-save shows them, before, during and after.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesGoldenTests {
        @Test func `the rich set, and back to nothing`() async throws {
            try await Tables.with { tables in
                let before = try tables.saved()
                let undo = try await tables.inject(RichRules.all, as: .test(1))
                #expect(try tables.saved(.ipv4) == Goldens.richIPv4)
                #expect(try tables.saved(.ipv6) == Goldens.richIPv6)
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                #expect(try tables.saved() == before)
            }
        }

        @Test func `rules of others stay as they are and in their order`() async throws {
            try await Tables.with { tables in
                try tables.shell.expect("iptables-legacy-restore", input: Goldens.foreign)
                let before = try tables.saved()
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                #expect(try tables.saved(.ipv4) == Goldens.foreignDuring)
                _ = try await tables.backend.revert(undo)
                #expect(try tables.saved() == before)
            }
        }
    }
}
