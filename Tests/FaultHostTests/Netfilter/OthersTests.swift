// Others edit the same table while a fault is in force: what they did is told, what is theirs stays, and nothing of ours does.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesOthersTests {
        private static let foreign = """
            *filter
            :OTHERS - [0:0]
            -A INPUT -i lo -j ACCEPT
            -A OUTPUT -p tcp -m tcp --dport 25 -j ACCEPT
            -A OUTPUT -d 10.0.0.0/8 -j OTHERS
            -A OTHERS -j RETURN
            COMMIT

            """
        private static let gone = "1 of 2 rules are in the kernel; somebody removed the rest"
        private static let noJump = "iptables: the jump from OUTPUT to FAULTD-OUTPUT is gone, so its rules see no packet"
        private static let buried = "iptables: the jump from OUTPUT to FAULTD-OUTPUT is no longer the first rule; rules before it win"

        /// A fault of one rule in each family, among rules of others.
        private func among(_ body: (Tables, PacketUndo) async throws -> Void) async throws {
            try await Tables.with { tables in
                try tables.shell.expect("iptables-legacy-restore", input: Self.foreign)
                try await body(tables, try await tables.inject([.drop(to: 443), .drop(to: 443, .output, .ipv6)], as: .test(1)))
            }
        }

        /// What an operator may do, what is then said of the fault in force, and what at its end.
        static let deeds: [(deed: String, inForce: [String], atEnd: [String])] = [
            ("iptables-legacy -F", [gone], ["iptables OUTPUT: 2 rules of others before, 0 now: somebody else changed them"]),
            ("iptables-legacy -F OUTPUT", [noJump], ["iptables OUTPUT: 2 rules of others before, 0 now: somebody else changed them"]),
            ("iptables-legacy -F FAULTD-OUTPUT", [gone], []),
            ("iptables-legacy -D OUTPUT 1", [noJump], []),
            ("iptables-legacy -D OUTPUT 1; iptables-legacy -F FAULTD-OUTPUT; iptables-legacy -X FAULTD-OUTPUT", [gone], []),
            (
                "iptables-legacy -I OUTPUT -p udp -j ACCEPT", [buried],
                ["iptables OUTPUT: 2 rules of others before, 3 now: somebody else changed them"]
            ),
            (
                "iptables-legacy -R OUTPUT 2 -p tcp --dport 26 -j ACCEPT", [],
                ["iptables OUTPUT: the rules of others, 2, are not the same or not in the same order: somebody else changed them"]
            ),
            (
                "iptables-legacy -D OUTPUT 2; iptables-legacy -A OUTPUT -p tcp --dport 25 -j ACCEPT", [],
                ["iptables OUTPUT: the rules of others, 2, are not the same or not in the same order: somebody else changed them"]
            ),
            ("iptables-legacy -P OUTPUT DROP", [], ["iptables OUTPUT: the policy was ACCEPT and is DROP: somebody else changed it"]),
            ("ip6tables-legacy -P OUTPUT DROP", [], ["ip6tables OUTPUT: the policy was ACCEPT and is DROP: somebody else changed it"]),
            // Chains that the fault does not pass through, and chains of others, are not its business, whatever they do to offsets.
            ("iptables-legacy -F INPUT; iptables-legacy -P FORWARD DROP; iptables-legacy -I OTHERS -p udp -j DROP; iptables-legacy -N MORE", [], []),
            (
                "iptables-legacy -I FAULTD-OUTPUT -j RETURN", ["iptables: in FAULTD-OUTPUT somebody put a rule before the fault's, and it wins"],
                ["iptables: FAULTD-OUTPUT holds 1 rule that somebody else put there"]
            ),
            ("iptables-legacy -A FAULTD-OUTPUT -j RETURN", [], ["iptables: FAULTD-OUTPUT holds 1 rule that somebody else put there"]),
            // Rules of ours that somebody moved: out of force, and still ours to remove.
            (
                "iptables-legacy -F FAULTD-OUTPUT; iptables-legacy -A OTHERS -m comment --comment \(FaultID.test(1).mark) -j DROP", [gone], []
            ),
            ("iptables-legacy -A FORWARD -m comment --comment faultd -j FAULTD-OUTPUT", [], []),
        ]

        @Test(arguments: deeds) func `what somebody did is told and left`(_ deed: String, _ inForce: [String], _ atEnd: [String]) async throws {
            try await among { tables, undo in
                try tables.shell.expect(deed)
                let theirs = try withoutOurs(tables)
                #expect(try await tables.backend.observe(undo).drift == inForce)
                #expect(try await tables.backend.revert(undo).drift == atEnd)
                #expect(try withoutOurs(tables) == theirs)
                #expect(try !tables.saved().contains(undo.fault.mark))
                #expect(try await tables.backend.inventory() == [])
            }
        }

        /// Both tables without what is ours in them.
        private func withoutOurs(_ tables: Tables) throws -> [Substring] {
            try tables.saved().split(separator: "\n").filter { line in
                !line.contains("--comment faultd ") && !line.contains(FaultID.markPrefix) && !line.hasPrefix(":FAULTD-")
            }
        }

        @Test func `a fault among others is clean, whatever else of ours comes and goes and whatever packets are counted`() async throws {
            try await Tables.with { tables in
                try tables.shell.expect("iptables-legacy-restore", input: Self.foreign)
                try tables.shell.expect("iptables-legacy-restore --noflush", input: Self.stateful)
                let before = try tables.saved()
                let first = try await tables.inject([.drop(to: 443)], as: .test(1))
                let second = try await tables.inject([.drop(to: 80), .drop(to: 80, .input)], as: .test(2))
                let probe = try DatagramProbe(port: 9999)
                for _ in 0..<50 { #expect(probe.arrives()) }
                #expect(try await tables.backend.revert(first) == RevertOutcome(.restored))
                let third = try await tables.inject([.drop(to: 81)], as: .test(3))
                #expect(try await tables.backend.revert(second) == RevertOutcome(.restored))
                #expect(try await tables.backend.revert(third) == RevertOutcome(.restored))
                #expect(try tables.saved() == before)
            }
        }

        /// Matches that count and remember: their parameters in the kernel change with every packet.
        private static let stateful = """
            *filter
            -A OUTPUT -p udp -m limit --limit 3/min -j RETURN
            -A OUTPUT -p udp -m statistic --mode nth --every 3 --packet 0 -j RETURN
            -A OUTPUT -p udp -m time --timestart 00:00 -j RETURN
            -A OUTPUT -p udp -m conntrack --ctstate NEW -j RETURN
            -A OUTPUT -g OTHERS
            COMMIT

            """

        @Test func `what was journaled by a version without fingerprints, or before a reboot, is reverted and not compared`() async throws {
            try await among { tables, undo in
                let text = String(decoding: try JSONEncoder().encode(PacketUndo(fault: undo.fault, rules: undo.rules)), as: UTF8.self)
                #expect(!text.contains("before"))
                let old = try JSONDecoder().decode(PacketUndo.self, from: Data(text.utf8))
                try tables.shell.expect("iptables-legacy -A OUTPUT -p udp -j ACCEPT")
                #expect(try await tables.backend.revert(old) == RevertOutcome(.restored))
                var earlier = undo
                earlier.before?.bootID = "another"
                #expect(try await tables.backend.revert(earlier).drift == [])
                let kept = try JSONDecoder().decode(PacketUndo.self, from: try JSONEncoder().encode(undo))
                #expect(try await tables.backend.revert(kept).drift.count == 1)
            }
        }

        @Test func `a table restored from before the fault ends it, cleanly`() async throws {
            try await among { tables, undo in
                try tables.shell.expect("iptables-legacy-restore", input: Self.foreign)
                #expect(try await tables.backend.observe(undo).drift == [Self.gone])
                #expect(try await tables.backend.revert(undo).drift == [])
            }
        }

        @Test func `a table restored from during the fault is found and removed by its marks, with the journal lost`() async throws {
            try await among { tables, undo in
                let during = try tables.shell.expect("iptables-legacy-save -t filter")
                #expect(try await tables.backend.revert(undo).drift == [])
                let before = try tables.saved()
                try tables.shell.expect("iptables-legacy-restore", input: during)
                // The rules came back with the end that they had: the kernel stops them when the lease would have ended.
                #expect(try tables.shell.expect("iptables-legacy -S FAULTD-OUTPUT").contains("--datestop"))
                let found = try await tables.backend.inventory()
                #expect(found.map(\.fault) == [undo.fault])
                for artefact in found { try await tables.backend.remove(artefact) }
                #expect(try tables.saved() == before)
            }
        }

        @Test func `a revert that meets a lock that is held comes through once it is free`() async throws {
            try await Tables.with(lockLimit: .milliseconds(300)) { tables in
                let before = try tables.saved()
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                let during = try tables.saved()
                let child = try Child("exec flock -F \(tables.shell.lock) sleep 60", lock: tables.shell.lock)
                defer { child.kill() }
                while try tables.shell.run("flock -n \(tables.shell.lock) true").status == 0 { try await Task.sleep(for: .milliseconds(5)) }
                let problem = await #expect(throws: Problem.self) { try await tables.backend.revert(undo) }
                #expect(problem?.type == .timedOut)
                #expect(problem?.detail.contains("process \(child.pid) (sleep) has held") == true)
                #expect(try tables.saved() == during)
                child.kill()
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                #expect(try tables.saved() == before)
            }
        }

        /// Rewrites its own chains in one go every 50 ms, as kube-proxy does, and counts how often.
        @Test func `a writer like kube-proxy and faults that come and go keep out of each other's way`() async throws {
            try await among { tables, first in
                let stop = tables.shell.lock + ".stop"
                defer { unlink(stop) }
                let table = "*filter\\n:KUBE-A - [0:0]\\n-A KUBE-A -d 10.96.0.$n -j ACCEPT\\n-A KUBE-A -j RETURN\\nCOMMIT\\n"
                let write = "n=$((n % 250 + 1)); printf \"\(table)\" | iptables-legacy-restore -w --noflush || exit 1; sleep 0.05"
                let child = try Child("n=0; while [ ! -e \(stop) ]; do \(write); done; exit $((n > 0 ? 0 : 2))", lock: tables.shell.lock)
                defer { child.kill() }
                for number in 2...20 as ClosedRange<UInt16> {
                    let undo = try await tables.inject([.drop(to: number), .drop(to: number, .input)], as: .test(number))
                    #expect(try await tables.backend.observe(undo).drift == [])
                    try await Task.sleep(for: .milliseconds(20))
                    #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                }
                #expect(FileManager.default.createFile(atPath: stop, contents: nil))
                #expect(child.wait() == 0)
                #expect(try await tables.backend.observe(first).drift == [])
                #expect(try await tables.backend.revert(first) == RevertOutcome(.restored))
                let left = try tables.saved()
                #expect(left.split(separator: "\n").count { $0.hasPrefix("-A KUBE-A ") } == 2)
                #expect(!left.contains("FAULTD"))
            }
        }
    }
}
