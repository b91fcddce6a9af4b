// Many faults in one commit are what they would be one by one.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesBatchTests {
        /// More than a thread for each family takes.
        private static let foreign = 600
        private let deadline = Moment.now() + .seconds(60)

        private func rules(_ number: UInt16) -> [PacketRule] {
            [.drop(to: number), .drop(to: number, .forward), .drop(to: number, .output, .ipv6)]
        }

        private func application(_ undo: PacketUndo) -> PacketApplication {
            PacketApplication(change: PacketChange(rules: undo.rules), undo: undo, deadline: deadline)
        }

        private func fillWithForeignRules(_ tables: Tables) throws {
            for (program, address) in [("iptables", "10.0.%d.%d"), ("ip6tables", "fd00::%x:%x")] {
                let lines = (0..<Self.foreign).map { number in
                    let source = String(format: address, number / 256, number % 256)
                    return "-A \(number % 2 == 0 ? "OUTPUT" : "FOREIGN") -s \(source) -j RETURN\n"
                }
                try tables.shell.expect("\(program)-legacy-restore", input: "*filter\n:FOREIGN - [0:0]\n\(lines.joined())COMMIT\n")
            }
        }

        @Test(arguments: [false, true])
        func `twenty come together, are looked at together and go together`(_ isAmongOthers: Bool) async throws {
            try await Tables.with { tables in
                if isAmongOthers { try fillWithForeignRules(tables) }
                let before = try tables.saved()
                let legacy = LegacyTables(lock: XtablesLock(path: tables.shell.lock))
                // The first look tells how long the tables are.
                _ = try legacy.inventory()
                let wanted = (1...20).map { (change: PacketChange(rules: rules($0)), fault: FaultID.test($0)) }
                let undos = try legacy.prepare(wanted).map { try $0.get() }
                #expect(legacy.lengths.areLong == isAmongOthers)
                for evidence in legacy.apply(undos.map(application)) { #expect(try evidence.get().packets?.rules == 3) }
                let together = try tables.saved()
                for undo in undos { #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored)) }
                #expect(try tables.saved() == before)
                for undo in undos { try await tables.inject(undo.rules, as: undo.fault) }
                #expect(try tables.saved() == together, "one by one they are the same")
                for evidence in legacy.round.observe(undos) { #expect(try evidence.get().drift == []) }
                for outcome in legacy.revert(Array(undos[..<10])) { #expect(try outcome.get() == RevertOutcome(.restored)) }
                #expect(try await tables.backend.inventory().map(\.fault) == (11...20).map { .test($0) })
                for outcome in legacy.round.revert(undos) { #expect(try outcome.get().drift == []) }
                #expect(try tables.saved() == before)
            }
        }

        @Test func `renewed together, each fault has its own end`() async throws {
            try await Tables.with { tables in
                let legacy = LegacyTables(lock: XtablesLock(path: tables.shell.lock))
                var undos: [PacketUndo] = []
                for number in 1...3 as ClosedRange<UInt16> { undos.append(try await tables.inject(rules(number), as: .test(number))) }
                let ends = [100, 200].map { Moment.now() + .seconds($0) }
                let renewals = zip(undos, ends).map { PacketRenewal(undo: $0, deadline: $1) }
                for backstop in legacy.rearm(renewals) { _ = try backstop.get() }
                let sight = try Table(.ipv4).sight(of: nil)
                let stops = undos.map { undo in Set(sight.rules(of: undo.fault).map(\.stop)) }
                #expect(Array(stops[..<2]) == ends.map { [Datestop(deadline: $0.wall).second] })
                #expect(stops[2].count == 1 && !stops[0].contains(stops[2].first ?? nil), "and who was not named keeps his")
            }
        }

        /// A reset of what is not TCP: refused in planning, and by the kernel.
        @Test func `a rule that the kernel refuses fails its own fault only`() async throws {
            try await Tables.with { tables in
                let legacy = LegacyTables(lock: XtablesLock(path: tables.shell.lock))
                let undos: [PacketUndo] = ([1, 2, 3, 4, 5] as [UInt16]).map { number in
                    PacketUndo(fault: .test(number), rules: number == 3 ? [.make(.output, .reject(.tcpReset))] : rules(number))
                }
                let outcomes = legacy.apply(undos.map(application))
                for (index, outcome) in outcomes.enumerated() where index != 2 { #expect(try outcome.get().packets?.rules == 3) }
                #expect(outcomes[2].problem?.detail.hasPrefix("the kernel refused the changed IPv4 filter table") == true)
                let faults = try await tables.backend.inventory().map(\.fault)
                #expect(faults == [.test(1), .test(2), .test(4), .test(5)])
            }
        }

        @Test func `what can't be expressed, or has no effect, fails its own preparation only`() async throws {
            try await Tables.with { tables in
                let legacy = LegacyTables(lock: XtablesLock(path: tables.shell.lock))
                let wanted: [[PacketRule]] = [rules(1), [.drop(ProtocolMatch.icmp, to: 1)], [], rules(2)]
                let outcomes = legacy.prepare(wanted.enumerated().map { (PacketChange(rules: $1), .test(UInt16($0))) })
                #expect(outcomes.map(\.problem?.type) == [nil, .impossible, .noEffect, nil])
            }
        }

        /// In one round a table is read once for all that only look, and what was read before an edit is not used after it.
        @Test func `looks of one round are of what its edits left`() async throws {
            try await Tables.with { tables in
                let round = LegacyTables(lock: XtablesLock(path: tables.shell.lock)).round
                let undo = PacketUndo(fault: .test(1), rules: rules(1))
                #expect(try round.observe(undo).packets?.rules == 0)
                #expect(try round.apply([application(undo)])[0].get().packets?.rules == 3)
                #expect(try round.observe(undo).packets?.rules == 3)
                try tables.shell.expect("iptables-legacy -F FAULTD-OUTPUT")
                #expect(try round.observe(undo).drift == [], "one look serves all calls of a round")
                #expect(try round.round.observe(undo).drift == ["2 of 3 rules are in the kernel; somebody removed the rest"])
                #expect(try round.revert(undo).notes == ["2 of 3 rules were there; somebody had removed the rest"])
                #expect(try round.observe(undo).packets?.rules == 0)
            }
        }
    }
}

extension Result where Failure == Problem {
    fileprivate var problem: Problem? {
        switch self {
        case .success: nil
        case .failure(let problem): problem
        }
    }
}
