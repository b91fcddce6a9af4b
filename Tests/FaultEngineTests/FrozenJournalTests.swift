// Open faults as earlier versions wrote them down: this version must be able to read and to end each.
import FaultEngine
import FaultKinds
import FaultModel
import FaultTesting
import Foundation
import Testing

/// `Journals/VERSION.jsonl` has a record a line, one of each kind, as that version had it in its journal while the fault was in force.
/// A file that is there is never written anew: what can't read it can't be upgraded to. A release that changes records adds one:
///     FAULTD_FREEZE_JOURNAL=0.2.0 swift test --filter FrozenJournalTests
@Suite struct FrozenJournalTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Journals")
    private static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).sorted()
    private static let newVersion = ProcessInfo.processInfo.environment["FAULTD_FREEZE_JOURNAL"]

    private func records(_ file: String) throws -> [FaultRecord] {
        try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8).split(separator: "\n").map { line in
            let json = try #require(JSONValue(parsing: line.utf8), "\(file) holds a line that is not JSON")
            return try json.decoded()
        }
    }

    @Test func thereIsAFileToRead() { #expect(Self.files.contains("0.1.0.jsonl")) }

    @Test(arguments: files) func whatWasInForceIsReadAndEnded(_ file: String) async throws {
        let records = try records(file)
        #expect(records.count >= 42 && records.allSatisfy { !$0.state.isFinal && !$0.changes.isEmpty })
        for record in records {
            var contents = MemoryJournal.Contents()
            contents.faults[record.id] = record
            let bench = Bench(journal: contents)
            try await bench.controller.start()
            let ended = try await bench.controller.fault(record.id)
            #expect(ended.state == .reverted, "\(record.kind) is \(ended.state): \(String(describing: ended.error))")
            #expect(bench.journal.openFaults.isEmpty)
        }
    }

    @Test(.enabled(if: newVersion != nil, "only for a new version")) func freeze() async throws {
        let file = Self.folder.appending(path: "\(try #require(Self.newVersion)).jsonl")
        try #require(!FileManager.default.fileExists(atPath: file.path()), "a journal that was frozen stays as it is")
        var lines = ""
        for kind in Catalog.kinds {
            let item = SweepCase(kind: kind.name, example: try #require(kind.examples.first))
            let bench = Bench()
            let id = try await bench.controller.create(item.request, by: Bench.caller).fault.id
            lines += try JSONValue(encoding: try #require(bench.journal.contents.faults[id])).text() + "\n"
        }
        try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
        try Data(lines.utf8).write(to: file)
    }
}
