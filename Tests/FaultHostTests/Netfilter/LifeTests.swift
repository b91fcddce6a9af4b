// The verbs' contract: once, twice, not at all, and with others at work in the same table.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct LifeTests {
        private let rules: [PacketRule] = [.drop(to: 443), .drop(to: 443, .forward), .drop(to: 443, .output, .ipv6)]

        @Test(arguments: Tables.both) func `a second revert finds nothing and is fine`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let before = try tables.saved()
                let undo = try await tables.inject(rules, as: .test(1))
                #expect(try await tables.backend.revert(undo).result == .restored)
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try tables.saved() == before)
            }
        }

        @Test(arguments: Tables.both) func `a revert without the change is fine`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let before = try tables.saved()
                let undo = try await tables.backend.prepare(PacketChange(rules: rules), for: .test(1))
                _ = try await tables.backend.rearm(undo, until: .now() + .seconds(9))
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try tables.saved() == before)
            }
        }

        @Test(arguments: Tables.both)
        func `rules that somebody flushed are reported, and their revert leaves nothing`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let before = try tables.saved()
                let undo = try await tables.inject(rules, as: .test(1))
                try tables.flush(undo)
                let evidence = try await tables.backend.observe(undo)
                #expect(evidence.packets?.rules == 0)
                #expect(evidence.drift == ["0 of 3 rules are in the kernel; somebody removed the rest"])
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try tables.saved() == before)
            }
        }

        @Test(arguments: Tables.both)
        func `one rule that somebody deleted is reported, and the others are reverted`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let before = try tables.saved()
                let undo = try await tables.inject(rules, as: .test(1))
                try tables.deleteOneRule(of: undo)
                #expect(try await tables.backend.observe(undo).drift == ["2 of 3 rules are in the kernel; somebody removed the rest"])
                let outcome = try await tables.backend.revert(undo)
                #expect(outcome == RevertOutcome(.restored, notes: ["2 of 3 rules were there; somebody had removed the rest"]))
                #expect(try tables.saved() == before)
            }
        }

        @Test(arguments: Tables.both) func `two threads of verbs keep each other's rules`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                try await withThrowingTaskGroup { group in
                    for number in 1...16 as ClosedRange<UInt16> {
                        group.addTask { try await tables.inject([.drop(to: number)], as: .test(number)) }
                    }
                    try await group.waitForAll()
                }
                #expect(try await tables.backend.inventory().map(\.fault) == (1...16).map { .test($0) })
            }
        }
    }
}

extension InNamespace {
    /// What only the legacy tables are like: one chain for all faults.
    @Suite struct IptablesLifeTests {
        private let rules: [PacketRule] = [.drop(to: 443), .drop(to: 443, .forward), .drop(to: 443, .output, .ipv6)]

        @Test func `applying again replaces the rules`() async throws {
            try await Tables.with { tables in
                try await tables.inject(rules, as: .test(1))
                try await tables.inject([.drop(to: 80)], as: .test(2))
                try await tables.inject(rules, as: .test(1))
                let lines = try tables.saved().split(separator: "\n")
                #expect(lines.count { $0.contains(FaultID.test(1).mark) } == 3)
                #expect(lines.count { $0.hasSuffix("--comment faultd -j FAULTD-OUTPUT") } == 2)
            }
        }

        @Test func `a rule with the mark is deleted wherever somebody moved it`() async throws {
            try await Tables.with { tables in
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                try tables.shell.expect("iptables-legacy -A INPUT -m comment --comment \(undo.fault.mark) -j DROP")
                _ = try await tables.backend.revert(undo)
                #expect(try !tables.saved().contains("faultd"))
            }
        }
    }
}
