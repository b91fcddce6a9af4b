// Another program edits the same table all the time: nobody's rule is lost.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesConcurrencyTests {
        private static let foreign = 300
        private static let written = 150
        private static let mostKept = 300

        /// A program that appends rules to a chain of its own, one a commit, and says when it is done.
        private func writer(_ tables: Tables, lock: String) throws -> (child: Child, done: String) {
            let done = tables.shell.lock + ".done"
            let append = "until iptables-legacy -w -A WRITER -p tcp --dport $i -j ACCEPT 2>/dev/null; do :; done"
            let line = "i=1; while [ $i -le \(Self.written) ]; do \(append); i=$((i+1)); done; : > \(done)"
            return (try Child(line, lock: lock), done)
        }

        private func foreignRules() -> String {
            let rules = (1...Self.foreign).map { "-A FOREIGN -s 10.\($0 / 256).\($0 % 256).0/24 -j RETURN\n" }.joined()
            return "*filter\n:FOREIGN - [0:0]\n:WRITER - [0:0]\n-A INPUT -j FOREIGN\n-A OUTPUT -j WRITER\n\(rules)COMMIT\n"
        }

        /// Applies and reverts until the writer is done, keeping some of the faults.
        private func churn(_ tables: Tables, until done: String, keep: (UInt16) -> Bool) async throws -> [FaultID] {
            var (number, kept): (UInt16, [FaultID]) = (0, [])
            while !FileManager.default.fileExists(atPath: done) {
                guard kept.count < Self.mostKept else {
                    try await Task.sleep(for: .milliseconds(5))
                    continue
                }
                number += 1
                let undo = try await tables.inject([.drop(to: number), .drop(to: number, .output, .ipv6)], as: .test(number))
                if keep(number) { kept.append(undo.fault) } else { _ = try await tables.backend.revert(undo) }
            }
            return kept
        }

        private func expectNothingLost(_ tables: Tables, _ kept: [FaultID]) async throws {
            let lines = try tables.saved(.ipv4).split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("-A FOREIGN ") } == Self.foreign)
            // A commit that iptables reports as failed may have taken (its counters came too late): then it wrote the rule twice.
            let written = lines.filter { $0.hasPrefix("-A WRITER ") }.reduce(into: [Substring]()) { if $0.last != $1 { $0.append($1) } }
            #expect(written == (1...Self.written).map { "-A WRITER -p tcp -m tcp --dport \($0) -j ACCEPT" })
            #expect(try await tables.backend.inventory().map(\.fault) == kept)
            #expect(!kept.isEmpty)
        }

        @Test func `a writer that takes the lock loses nothing, and neither do faults`() async throws {
            try await Tables.with { tables in
                let kept = try await write(tables, lock: tables.shell.lock) { $0 % 5 == 0 }
                try await expectNothingLost(tables, kept)
            }
        }

        /// The kernel refuses a table made from one with another number of rules. Here both sides only add, so that it always notices;
        /// what has been replaced one for one it could not notice, and that is what the lock is for.
        @Test func `a table that a writer without the lock has changed is read and edited again`() async throws {
            try await Tables.with { tables in
                let kept = try await write(tables, lock: tables.shell.lock + ".other") { _ in true }
                try await expectNothingLost(tables, kept)
            }
        }

        private func write(_ tables: Tables, lock: String, keep: (UInt16) -> Bool) async throws -> [FaultID] {
            try tables.shell.expect("iptables-legacy-restore", input: foreignRules())
            let (child, done) = try writer(tables, lock: lock)
            defer {
                child.kill()
                unlink(done)
                if lock != tables.shell.lock { unlink(lock) }
            }
            let kept = try await churn(tables, until: done, keep: keep)
            child.wait()
            return kept
        }
    }
}
