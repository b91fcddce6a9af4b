// The kernel ends a rule by itself, and a renewal moves that end.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct KernelEndTests {
        private let rules: [PacketRule] = [.drop(ProtocolMatch.udp, to: 9999)]
        /// With iptables the kernel's whole second, and what its clock lags behind (a tick of 10 ms at most); with nftables a tick, and the one that
        /// faultd adds. Both with a margin for a busy machine.
        private func latest(_ kind: PacketTables) -> Duration { .milliseconds(kind == .iptables ? 1100 : 120) }

        @Test(arguments: [1200, 1900] as [Int64], Tables.both)
        func `a drop ends by itself, never before its deadline and soon after`(_ milliseconds: Int64, _ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let probe = try DatagramProbe(port: 9999)
                #expect(probe.arrives())
                let start = Moment.now()
                try await tables.inject(rules, as: .test(1), for: .milliseconds(milliseconds))
                #expect(!probe.arrives())
                let end = try #require(probe.firstArrival(within: .seconds(4)))
                let late = end - (start.wall + .milliseconds(milliseconds))
                #expect(late >= .zero && late <= latest(kind), "\(late)")
                print("kernel end: tables=\(kind.rawValue) late=\(late.text)")
            }
        }

        @Test(arguments: Tables.both) func `a renewal moves the end`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let probe = try DatagramProbe(port: 9999)
                let undo = try await tables.inject(rules, as: .test(1), for: .milliseconds(900))
                let deadline = Moment.now() + .milliseconds(3000)
                let backstop = try await tables.backend.rearm(undo, until: deadline)
                let end = try #require(probe.firstArrival(within: .seconds(6)))
                #expect(end >= deadline.wall && end - deadline.wall <= latest(kind))
                // What is told is the latest moment; nftables may be a tick earlier.
                #expect(backstop.by == "kernel" && (kind == .nftables ? end >= deadline.wall : end >= backstop.at))
            }
        }

        @Test(arguments: Tables.both) func `a renewal keeps rules in their places with their counters`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let undo = try await tables.inject(RichRules.of(kind) + rules, as: .test(1))
                let other = try await tables.inject([.drop(to: 80)], as: .test(2))
                let probe = try DatagramProbe(port: 9999)
                for _ in 1...5 { #expect(!probe.arrives()) }
                let (text, dates) = (try tables.saved(), kind == .iptables ? try stops(tables) : [])
                let hits = try await tables.backend.observe(undo).packets
                let backstop = try await tables.backend.rearm(undo, until: .now() + .seconds(500))
                #expect(try tables.saved() == text)
                #expect(try await tables.backend.observe(undo).packets == hits && hits?.hitPackets == 5)
                if kind == .iptables {
                    let moved = try stops(tables)
                    #expect(zip(dates, moved).count { $0 != $1 } == undo.rules.count, "and the other fault's rule keeps its end")
                    #expect(moved.contains(String(Datestop(deadline: backstop.at).lastSecond.text.dropLast(5))))
                }
                for undo in [undo, other] { _ = try await tables.backend.revert(undo) }
            }
        }

        @Test(arguments: Tables.both) func `a renewal puts nothing back that somebody flushed`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let undo = try await tables.inject(rules, as: .test(1))
                try tables.flush(undo)
                let before = try tables.saved()
                _ = try await tables.backend.rearm(undo, until: .now() + .seconds(500))
                #expect(try tables.saved() == before)
            }
        }

        @Test(arguments: Tables.both)
        func `arming before the change touches nothing and says when the kernel will end it`(_ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                let before = try tables.saved()
                let undo = PacketUndo(fault: .test(1), rules: rules)
                let deadline = Moment(boot: 0, wall: Timestamp(milliseconds: 2_000_000_000_001))
                let backstop = try await tables.backend.rearm(undo, until: deadline)
                #expect(backstop.at == Timestamp(milliseconds: kind == .iptables ? 2_000_000_001_000 : 2_000_000_000_011))
                #expect(try tables.saved() == before)
            }
        }

        /// The dates of all rules, in order.
        private func stops(_ tables: Tables) throws -> [String] {
            try tables.shell.expect("iptables-legacy-save -t filter; ip6tables-legacy-save -t filter")
                .matches(of: /--datestop (\S+)/).map { String($0.output.1) }
        }
    }
}
