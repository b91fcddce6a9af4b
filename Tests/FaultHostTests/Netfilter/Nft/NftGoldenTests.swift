// The ruleset as nft(8) shows it, before, during and after; and the commands that a fault shows, typed.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct NftGoldenTests {
        @Test func `the rich set, and back to nothing`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.inject(RichRules.of(.nftables), as: .test(1))
                let during = try tables.saved()
                #expect(during == NftGoldens.rich, "\(during)")
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                #expect(try tables.saved().isEmpty)
            }
        }

        @Test func `tables of others stay as they are`() async throws {
            try await Tables.with(.nftables) { tables in
                try tables.shell.expect("iptables-nft-restore", input: Goldens.foreign)
                let before = try tables.saved()
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                let during = try tables.saved()
                #expect(during == before + NftGoldens.one, "\(during)")
                _ = try await tables.backend.revert(undo)
                #expect(try tables.saved() == before)
            }
        }

        @Test func `the steps that a fault shows do what faultd does, and undo it in the reverse order`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.inject(RichRules.of(.nftables), as: .test(1))
                let byFaultd = try tables.saved()
                _ = try await tables.backend.revert(undo)
                let steps = try #require(undo.stepsTaken(lease: .seconds(60)))
                for step in steps { try tables.shell.expect(step.apply) }
                #expect(try tables.saved() == byFaultd)
                for step in steps.dropFirst().reversed() { try tables.shell.expect(step.revert) }
                #expect(try tables.saved() == "table inet faultd {\n}\n")
                #expect(try await tables.backend.inventory() == [.emptyTable])
                try await tables.backend.remove(.emptyTable)
                #expect(try tables.saved().isEmpty)
            }
        }
    }
}
