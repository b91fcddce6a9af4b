// Ten thousand rules of others, two others that write all the time, and faults that come and go: nobody's rule is lost.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesManyRulesTests {
        private static let foreign = 10_000
        /// Applies and reverts; `make soak` asks for more.
        private static let changes = ProcessInfo.processInfo.environment["FAULTD_TEST_CHANGES"].flatMap(Int.init) ?? 300
        /// Faults in force at once.
        private static let atOnce = 3

        @Test func `nobody's rule is lost`() async throws {
            try await Tables.with(lockLimit: .seconds(60)) { tables in
                try tables.shell.expect("iptables-legacy-restore", input: Self.foreignRules)
                let before = try Self.lines(tables) { $0.hasPrefix("-A OUTPUT") || $0.hasPrefix("-A FOREIGN") }
                #expect(before.count == Self.foreign)
                let fast = FastWriter(lock: tables.shell.lock)
                let slow = try SlowWriter(tables.shell)
                defer { slow.child.kill() }
                let writing = Task { try await fast.run() }
                let start = ContinuousClock.now
                let unclean = try await Self.churn(tables)
                let took = ContinuousClock.now - start
                writing.cancel()
                try await writing.value
                let (written, kept) = try slow.stop()
                let after = try Self.lines(tables) { $0.hasPrefix("-A OUTPUT") || $0.hasPrefix("-A FOREIGN") }
                let lost = Set(before).subtracting(after).count
                let lostSlow = kept == (try Self.lines(tables) { $0.hasPrefix("-A SLOW") }) ? 0 : 1
                let lostFast = try await fast.lost()
                let left = try Self.lines(tables) { $0.contains("FAULTD") || $0.contains(FaultID.markPrefix) }.count
                let fastWrites = await fast.writes
                #expect(after == before)
                #expect(unclean == 0)
                #expect(written > 0 && fastWrites > 0)
                #expect((lost, lostSlow, lostFast, left) == (0, 0, 0, 0))
                print(
                    "others: changes=\(Self.changes) rules=\(Self.foreign) process_writes=\(written) fast_writes=\(fastWrites)",
                    "lost=\(lost + lostSlow + lostFast) unclean=\(unclean) leftovers=\(left) took=\(took.text)")
            }
        }

        /// Half of them where faults pass, so that their fingerprint is taken each time.
        private static var foreignRules: String {
            let rules = (0..<foreign).map { "-A \($0 % 2 == 0 ? "OUTPUT" : "FOREIGN") -s 10.0.\($0 / 256).\($0 % 256)/32 -j RETURN\n" }
            return "*filter\n:FOREIGN - [0:0]\n:FAST - [0:0]\n:SLOW - [0:0]\n\(rules.joined())COMMIT\n"
        }

        private static func lines(_ tables: Tables, where isWanted: (Substring) -> Bool) throws -> [String] {
            try tables.saved(.ipv4).split(separator: "\n").filter { isWanted($0) && !$0.contains("FAULTD-") }.map(String.init)
        }

        /// - Returns: how many faults ended with drift.
        private static func churn(_ tables: Tables) async throws -> Int {
            var (open, unclean): ([PacketUndo], Int) = ([], 0)
            for number in 0..<changes / 2 {
                let port = UInt16(number % 60_000 + 1)
                open.append(try await tables.inject([.drop(to: port), .drop(to: port, .input), .drop(to: port, .output, .ipv6)], as: .test(port)))
                if open.count < atOnce { continue }
                unclean += try await tables.backend.revert(open.removeFirst()).drift.count
            }
            for undo in open { unclean += try await tables.backend.revert(undo).drift.count }
            return unclean
        }
    }
}

/// Edits the table from this process under the lock, without forking: far faster than any program.
private actor FastWriter {
    private static let mostKept = 100
    private let thread = DedicatedThread(name: "other writer")
    private let tables: LegacyTables
    private var kept: [UInt16] = []
    private var missing = 0
    private(set) var writes = 0

    init(lock: String) { tables = LegacyTables(lock: XtablesLock(path: lock, limit: .seconds(60))) }

    deinit { thread.close() }

    func run() async throws {
        while !Task.isCancelled {
            try await write()
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Appends a rule, deletes the oldest, and counts what of its own was not as it had left it.
    private func write() async throws {
        let (expected, next) = (kept, UInt16(writes % 60_000 + 1))
        missing += try await thread.run { [tables] () throws(Problem) in
            try tables.lock.hold { () throws(Problem) in
                try tables.edit(.ipv4, .filter) { (table) throws(Problem) in
                    let lost = Self.lost(expected, in: table)
                    try table.append(Self.entry(next), to: "FAST")
                    if expected.count >= Self.mostKept { try table.delete([0], of: "FAST") }
                    return lost
                }
            }
        }
        writes += 1
        kept.append(next)
        if expected.count >= Self.mostKept { kept.removeFirst() }
    }

    func lost() async throws -> Int {
        let expected = kept
        return missing + (try await thread.run { () throws(Problem) in Self.lost(expected, in: try Table(.ipv4)) })
    }

    private static func lost(_ expected: [UInt16], in table: Table) -> Int {
        var (found, count) = (0, 0)
        table.forEachRule(of: "FAST") { position, rule in
            count += 1
            if position < expected.count, rule.hasComment("w\(expected[position])") { found += 1 }
        }
        return max(expected.count, count) - found
    }

    private static func entry(_ port: UInt16) -> [UInt8] {
        EntryBuilder(.ipv4).entry(for: .drop(to: port), mark: "w\(port)", until: Datestop(deadline: Moment.now().wall))
    }
}

/// Programs that take the lock: iptables and iptables-restore in turn, in a chain that keeps its newest rules.
private final class SlowWriter {
    private static let mostKept = 100
    let child: Child
    private let files: String

    init(_ shell: Shell) throws {
        files = shell.lock + ".slow"
        let append = "iptables-legacy -w -A SLOW -p tcp --dport $i -j ACCEPT"
        let restore = "printf '*filter\\n-A SLOW -p tcp --dport %s -j ACCEPT\\nCOMMIT\\n' $i | iptables-legacy-restore -w --noflush"
        let trim = "if [ $i -gt \(Self.mostKept) ]; then iptables-legacy -w -D SLOW 1 || exit 1; fi"
        let write = "if [ $((i % 2)) = 0 ]; then \(append); else \(restore); fi || exit 1; \(trim)"
        child = try Child("i=0; while [ ! -e \(files).stop ]; do i=$((i + 1)); \(write); echo $i > \(files).count; done", lock: shell.lock)
    }

    /// - Returns: how many rules it wrote, and those that should be there.
    func stop() throws -> (written: Int, kept: [String]) {
        defer { for end in ["stop", "count"] { unlink("\(files).\(end)") } }
        #expect(FileManager.default.createFile(atPath: "\(files).stop", contents: nil))
        #expect(child.wait() == 0)
        let text = try String(contentsOfFile: "\(files).count", encoding: .utf8)
        let written = try #require(Int(text.split(separator: "\n").first ?? ""))
        return (written, (max(1, written - Self.mostKept + 1)...written).map { "-A SLOW -p tcp -m tcp --dport \($0) -j ACCEPT" })
    }
}
