// The laws of a journal, for the one on disk and the one in memory alike.
import FaultEngine
import FaultModel
import FaultTesting
import Foundation
import Testing

enum JournalMaker: String, CaseIterable, Sendable {
    case sqlite, memory

    func with(_ body: (any Journal) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-journal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        switch self {
        case .sqlite: try await body(try await SQLiteJournal(path: folder.appendingPathComponent("j").path))
        case .memory: try await body(MemoryJournal())
        }
    }
}

@Suite struct JournalTests {
    private func record(_ number: Int, _ change: (inout FaultRecord) -> Void = { _ in }) -> FaultRecord {
        let now = Moment(boot: Int64(number), wall: Timestamp(milliseconds: 1_790_000_000_000 + Int64(number)))
        var record = FaultRecord(
            id: FaultID(time: now.wall, random: (1, 2)), kind: "network.drop", spec: ["ports": [443]], lease: Lease(.seconds(60), grantedAt: now),
            bootID: "boot", requestedBy: Bench.caller, owner: "ana", reason: "why", labels: StringMap(["team": "edge"]), createdAt: now)
        var rule = PacketRule(family: .ipv6, chain: .output, verdict: .reject(.tcpReset))
        rule.destination = CIDR(text: "fd00::/8")
        let undo = Undo.packets(PacketUndo(fault: record.id, rules: [rule]))
        record.changes = [ChangeRecord(change: .packets(PacketChange(rules: [rule])), undo: undo)]
        change(&record)
        return record
    }

    @Test(arguments: JournalMaker.allCases) func whatIsWrittenIsReadBackWhole(_ maker: JournalMaker) async throws {
        try await maker.with { journal in
            let open = record(1)
            let closed = record(2) { $0.state = .reverted }
            try await journal.write([.fault(open), .fault(closed), .halt(Halt(by: Bench.caller, at: Timestamp(milliseconds: 5), reason: "r"))])
            let state = try await journal.load()
            #expect(state.open == [open])
            #expect(state.halt?.reason == "r")
            #expect(try await journal.fault(closed.id) == closed)
            try await journal.write([.halt(nil), .fault(record(1) { $0.state = .failed })])
            let later = try await journal.load()
            #expect(later.open.isEmpty)
            #expect(later.halt == nil)
        }
    }

    @Test(arguments: JournalMaker.allCases) func historyIsFilteredAndPaged(_ maker: JournalMaker) async throws {
        try await maker.with { journal in
            for number in 1...6 { try await journal.write([.fault(record(number) { if number.isMultiple(of: 2) { $0.state = .reverted } })]) }
            var query = HistoryQuery()
            query.limit = 4
            let first = try await journal.history(query) { _ in false }
            #expect(first.map(\.createdAt.boot) == [6, 5, 4, 3])
            // What the caller knows better takes its place on the page, and is not read.
            let known = first.prefix(2).map(\.id)
            #expect(try await journal.history(query) { known.contains($0) }.map(\.createdAt.boot) == [4, 3])
            query.after = first.last?.id
            #expect(try await journal.history(query) { _ in false }.map(\.createdAt.boot) == [2, 1])
            query = HistoryQuery()
            query.states = [.reverted]
            #expect(try await journal.history(query) { _ in false }.count == 3)
            query.labels = ["team": "other"]
            #expect(try await journal.history(query) { _ in false }.isEmpty)
        }
    }

    @Test(arguments: JournalMaker.allCases) func eventsComeInOrderAfterANumber(_ maker: JournalMaker) async throws {
        try await maker.with { journal in
            for seq in 1...5 {
                try await journal.write([.event(Event(seq: Int64(seq), type: .faultActive, at: Timestamp(milliseconds: 1), message: "m"))])
            }
            #expect(try await journal.events(after: 2, limit: 2).map(\.seq) == [3, 4])
            #expect(try await journal.load().lastEvent == 5)
        }
    }

    @Test func onlyOneProcessHasTheJournal() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-journal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("j").path
        let first = try await SQLiteJournal(path: path)
        let problem = await #expect(throws: Problem.self) { try await SQLiteJournal(path: path) }
        #expect(problem?.detail.contains("pid \(ProcessInfo.processInfo.processIdentifier)") == true)
        _ = try await first.load()
    }
}
