// Others at work in the ruleset while a fault is in force: what they did to it is told, what is theirs stays.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct NftOthersTests {
        private static let id = FaultID.test(1)
        private static let chain = "inet faultd output"
        private static let gone = "0 of 2 rules are in the kernel; somebody removed the rest"
        private static let lifeless = "nftables: the set alive-\(id) has lost what keeps the rules in force, so they match nothing"
        private static let stranger = "nftables: output holds 1 rule that somebody else put there"

        /// What an operator may do, what is then said of the fault in force, and what at its end.
        static let deeds: [(deed: String, inForce: [String], atEnd: [String])] = [
            ("nft flush ruleset", [gone], []),
            ("nft delete table inet faultd", [gone], []),
            ("nft flush chain \(chain)", [gone], []),
            ("nft flush set inet faultd alive-\(id)", [lifeless], []),
            ("nft add rule \(chain) udp dport 53 accept", [], [stranger]),
            (
                "nft insert rule \(chain) udp dport 53 accept",
                ["nftables: in output somebody put a rule before the fault's, and it wins"], [stranger]
            ),
            ("nft add table ip mine; nft add chain ip mine c; nft add rule ip mine c drop", [], []),
            ("nft add chain inet faultd theirs; nft add rule inet faultd theirs accept", [], []),
            ("iptables-nft -A OUTPUT -p udp -j ACCEPT; ip6tables-nft -P OUTPUT DROP", [], []),
        ]

        @Test(arguments: deeds) func `what somebody did is told and left`(_ deed: String, _ inForce: [String], _ atEnd: [String]) async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.inject([.drop(to: 443), .drop(to: 443, .output, .ipv6)], as: Self.id)
                try tables.shell.expect(deed)
                #expect(try await tables.backend.observe(undo).drift == inForce)
                #expect(try await tables.backend.revert(undo).drift == atEnd)
                #expect(try await tables.backend.inventory() == [])
                let left = try tables.saved()
                #expect(!left.contains(undo.fault.mark))
                #expect(left.contains("udp dport 53 accept") == !atEnd.isEmpty)
                #expect(left.contains("chain theirs") == deed.contains("theirs"))
                #expect(left.contains("table ip mine") == deed.contains("mine"))
            }
        }

        @Test func `a set that somebody emptied stays so through a renewal`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.inject([.drop(ProtocolMatch.udp, to: 9999)], as: Self.id)
                try tables.shell.expect("nft flush set inet faultd alive-\(Self.id)")
                let probe = try DatagramProbe(port: 9999)
                #expect(probe.arrives())
                _ = try await tables.backend.rearm(undo, until: .now() + .seconds(60))
                #expect(probe.arrives())
                _ = try await tables.backend.revert(undo)
            }
        }

        @Test func `a ruleset saved during a fault comes back with what is left of its time, and is found by its marks`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.inject([.drop(ProtocolMatch.udp, to: 9999)], as: Self.id, for: .milliseconds(1500))
                let during = try tables.shell.expect("nft list ruleset")
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                try tables.shell.expect("nft -f -", input: during)
                let probe = try DatagramProbe(port: 9999)
                #expect(!probe.arrives())
                let found = try await tables.backend.inventory()
                #expect(found == [.rules(undo.fault)])
                _ = try #require(probe.firstArrival(within: .seconds(4)))
                for artefact in found + found { try await tables.backend.remove(artefact) }
                #expect(try tables.saved().isEmpty)
            }
        }

        /// nft takes no lock: each transaction is the kernel's.
        @Test func `writers of tables of their own and faults that come and go lose nothing`() async throws {
            try await Tables.with(.nftables) { tables in
                let stop = tables.shell.lock + ".stop"
                defer { unlink(stop) }
                try tables.shell.expect("nft add table ip theirs; nft add chain ip theirs c")
                let write = "nft add rule ip theirs c tcp dport $((n % 60000 + 1)) accept || exit 1; n=$((n + 1)); echo $n > \(stop).count"
                let child = try Child("n=0; while [ ! -e \(stop) ]; do \(write); done", lock: tables.shell.lock)
                defer { child.kill() }
                for number in 1...60 as ClosedRange<UInt16> {
                    let undo = try await tables.inject([.drop(to: number), .drop(to: number, .input)], as: .test(number))
                    #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                }
                #expect(FileManager.default.createFile(atPath: stop, contents: nil))
                #expect(child.wait() == 0)
                let count = try String(contentsOfFile: "\(stop).count", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
                unlink("\(stop).count")
                let left = try tables.saved()
                #expect(left.matches(of: /tcp dport \d+ accept|tcp dport [a-z-]+ accept/).count == Int(count) && Int(count) ?? 0 > 0)
                #expect(!left.contains("faultd"))
            }
        }
    }

    @Suite struct NftFailureTests {
        @Test func `what nft can't say is refused before anything is touched`() async throws {
            let odd: [(String, PacketRule)] = [
                ("ports before NAT need one of the protocols", .make(.output) { $0.originalDestinationPorts = PortRange(1, 1) }),
                ("an interface's name can't be a\"b", .make(.input) { $0.inInterface = InterfaceMatch("a\"b") }),
                ("an interface's name can't be eth*", .make(.input) { $0.inInterface = InterfaceMatch("eth*") }),
                ("can't express a rule: ports need one of", .drop(ProtocolMatch.icmp, to: 1)),
                ("not by both", .share { ($0.every, $0.probability) = (2, 0.5) }),
            ]
            try await Tables.with(.nftables) { tables in
                for (sentence, rule) in odd {
                    let problem = await #expect(throws: Problem.self) { try await tables.backend.prepare(PacketChange(rules: [rule]), for: .test(1)) }
                    #expect(problem?.type == .impossible && problem?.detail.contains(sentence) == true, "\(problem?.detail ?? "")")
                }
                let left = try tables.saved()
                #expect(left.isEmpty)
            }
        }

        @Test func `a lease that is over leaves nothing in force`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.backend.prepare(PacketChange(rules: [.drop(to: 443)]), for: .test(1))
                let problem = await #expect(throws: Problem.self) {
                    try await tables.backend.apply(PacketChange(rules: undo.rules), undo: undo, until: .now() + .milliseconds(-1))
                }
                #expect(problem?.type == .timedOut)
                #expect(try tables.saved().isEmpty)
            }
        }

        /// Somebody has made a chain of that name and another type.
        @Test func `a transaction that the kernel refuses leaves nothing`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.backend.prepare(PacketChange(rules: [.drop(to: 443)]), for: .test(1))
                try tables.shell.expect(
                    "nft 'add table inet faultd; add chain inet faultd output { type nat hook output priority 0; }'")
                let before = try tables.saved()
                let problem = await #expect(throws: Problem.self) {
                    try await tables.backend.apply(PacketChange(rules: undo.rules), undo: undo, until: .now() + .seconds(9))
                }
                #expect(problem?.detail.contains("nftables: Operation not supported") == true, "\(problem?.detail ?? "")")
                #expect(try tables.saved() == before)
            }
        }

        @Test func `the node has nftables, and what others do with it is seen`() async throws {
            try await Tables.with(.nftables) { tables in
                let report = await tables.backend.capability()
                #expect(report.available && report.detail == "nftables (table inet faultd)")
                let nft = NftTables(now: { Moment.now() })
                try await tables.inject([.drop(to: 1)], as: .test(1))
                #expect(nft.use() == .unused)
                try tables.shell.expect("iptables-nft -A OUTPUT -p udp -j ACCEPT")
                #expect(nft.use() == .used("nft tables are in use (ip filter)"))
            }
        }
    }
}
