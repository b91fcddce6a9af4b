// A journal that another version of faultd wrote: what is not understood is refused, and not touched.
import FaultEngine
import FaultModel
import Foundation
import Testing

@Suite struct JournalVersionTests {
    /// Where SQLite keeps `user_version` in a database file: four bytes, the highest first (sqlite.org/fileformat.html).
    private static let versionOffset: UInt64 = 60

    private func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-version-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private func setVersion(_ version: UInt8, of journal: URL) throws {
        let file = try FileHandle(forUpdating: journal)
        try file.seek(toOffset: Self.versionOffset)
        try file.write(contentsOf: Data([0, 0, 0, version]))
        try file.close()
    }

    /// Every file but the lock, whose owner is written into it.
    private func contents(_ folder: URL) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasSuffix(".lock") }
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appendingPathComponent($0))) })
    }

    private func close(_ journal: consuming SQLiteJournal) {}

    @Test(arguments: [SQLiteJournal.Access.readWrite, .readOnlyIfNeedBe])
    func aNewerJournalIsRefusedAndLeftAsItIs(_ access: SQLiteJournal.Access) async throws {
        try await inFolder { folder in
            let path = folder.appendingPathComponent("journal.sqlite")
            close(try await SQLiteJournal(path: path.path))
            try setVersion(9, of: path)
            let before = try contents(folder)
            let problem = await #expect(throws: Problem.self) { _ = try await SQLiteJournal(path: path.path, access) }
            #expect(problem?.type == .journalUnavailable)
            #expect(problem?.detail.contains("written by a newer faultd (schema 9, known is 1)") == true, "\(String(describing: problem))")
            #expect(problem?.hint?.contains("install that version again") == true)
            #expect(try contents(folder) == before)
            // The version that wrote it has everything still.
            try setVersion(1, of: path)
            _ = try await SQLiteJournal(path: path.path).load()
        }
    }
}
