// The promise on real files: whatever step the daemon dies at, doing or undoing, the file ends exactly as it was.
import FaultModel
import Foundation
import Glibc
import Testing

@testable import FaultHost

@Suite struct FileSweepTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var act: FileAct
        var ranges: [FileRange] = []
    }
    static let cases = [
        Case(testDescription: "delete", act: .delete),
        Case(testDescription: "permission", act: .permission(mode: 0o0400, uid: nil, gid: nil)),
        Case(testDescription: "truncate", act: .truncate, ranges: [FileRange(offset: 10, length: 90)]),
        Case(testDescription: "truncate to nothing", act: .truncate, ranges: [FileRange(offset: 0, length: 100)]),
        Case(testDescription: "corrupt", act: .corrupt(seed: 7), ranges: [FileRange(offset: 3, length: 40), FileRange(offset: 60, length: 11)]),
    ]
    /// Small, so that a file is written in many steps.
    private static let chunk = 7
    private static let content = (0..<100).map { UInt8($0) | 1 }

    @Test(arguments: cases) func isInForceAndThenExactlyAsBefore(_ item: Case) async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.write(Self.content)
        let before = folder.sight()
        let files = folder.mechanism(chunk: Self.chunk)
        let change = try folder.change(item.act, ranges: item.ranges)
        let undo = try await files.prepare(change, for: folder.id)
        #expect(folder.sight() == before, "prepare only reads")
        let evidence = try await files.apply(change, undo: undo, until: Folder.later)
        #expect(folder.sight() != before)
        #expect(evidence.drift == [])
        #expect(try await files.inventory().map(\.fault) == [folder.id], "it is found without the journal")
        let outcome = try await files.revert(undo)
        #expect(outcome == RevertOutcome(.restored))
        #expect(folder.sight() == before)
        #expect(folder.leftovers == [])
        #expect(try await files.revert(undo).result == .alreadyGone, "twice is fine")
        #expect(folder.sight() == before)
    }

    /// Content and name, not the time of change: a death between a write and setting the time back leaves that of the write.
    @Test(arguments: cases) func whateverStepItDiesAt(_ item: Case) async throws {
        var tried = 0
        for first in 1... {
            var isOver = false
            for second in 1... {
                let folder = try Folder()
                defer { folder.remove() }
                try folder.write(Self.content)
                let mode = try OpenFile.existing(folder.file())?.status().mode
                let (death, again) = (Death(at: first), Death(at: second))
                let change = try folder.change(item.act, ranges: item.ranges)
                let undo = try await folder.mechanism().prepare(change, for: folder.id)
                do { _ = try await folder.mechanism(death, chunk: Self.chunk).apply(change, undo: undo, until: Folder.later) } catch {}
                do { _ = try await folder.mechanism(again, chunk: Self.chunk).revert(undo) } catch {}
                _ = try await folder.mechanism(chunk: Self.chunk).revert(undo)
                tried += 1
                #expect(folder.bytes() == Self.content, "died at step \(first), and undoing at step \(second)")
                #expect(try OpenFile.existing(folder.file())?.status().mode == mode, "died at step \(first), and undoing at step \(second)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["file", "state"])
                #expect(folder.leftovers.filter { !$0.hasSuffix(".half") } == [])
                isOver = !death.hasCome
                if !again.hasCome { break }
                try #require(second < 100)
            }
            if isOver { break }
            try #require(first < 100)
        }
        #expect(tried > 8)
    }

    @Test(arguments: cases) func withNoJournalTheNoteUndoesIt(_ item: Case) async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.write(Self.content)
        let before = folder.sight()
        let change = try folder.change(item.act, ranges: item.ranges)
        let undo = try await folder.mechanism().prepare(change, for: folder.id)
        _ = try await folder.mechanism().apply(change, undo: undo, until: Folder.later)
        let another = folder.mechanism()
        for artefact in try await another.inventory() { try await another.remove(artefact) }
        #expect(folder.sight() == before)
        #expect(folder.leftovers == [])
    }
}
