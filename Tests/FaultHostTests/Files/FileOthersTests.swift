// Files that somebody else touches while a fault has changed them: theirs is left, and nothing of before is lost.
import FaultModel
import Foundation
import Glibc
import Testing

@testable import FaultHost

@Suite struct FileOthersTests {
    private static let content = [UInt8]("one two three four five six seven eight nine ten".utf8)

    private func inForce(_ act: FileAct, ranges: [FileRange] = [], _ body: (Folder, Files, FileUndo) async throws -> Void) async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.write(Self.content)
        let files = folder.mechanism()
        let change = try folder.change(act, ranges: ranges)
        let undo = try await files.prepare(change, for: folder.id)
        _ = try await files.apply(change, undo: undo, until: Folder.later)
        try await body(folder, files, undo)
    }

    @Test func aFileMadeAnewIsLeftAndTheOriginalKept() async throws {
        try await inForce(.delete) { folder, files, undo in
            try folder.write([1, 2, 3])
            #expect(try await files.observe(undo).drift?.count == 1)
            let outcome = try await files.revert(undo)
            #expect(outcome.result == .superseded)
            #expect(folder.bytes() == [1, 2, 3])
            let kept = FileUndo.aside(0, mark: folder.id.mark)
            #expect(folder.bytes(kept) == Self.content)
            #expect(outcome.drift.first?.contains(kept) == true)
        }
    }

    @Test func aModeThatSomebodySetIsLeftAndTheOwnerIsNot() async throws {
        try await inForce(.permission(mode: 0, uid: nil, gid: nil)) { folder, files, undo in
            chmod(folder.file(), 0o640)
            #expect(try await files.observe(undo).drift?.count == 1)
            let outcome = try await files.revert(undo)
            #expect(outcome.result == .superseded)
            #expect(outcome.drift.count == 1)
            #expect(try OpenFile.existing(folder.file())?.status().mode == 0o640)
        }
    }

    @Test func aFileThatGrewSinceItWasCutIsLeft() async throws {
        try await inForce(.truncate, ranges: [FileRange(offset: 8, length: Int64(Self.content.count) - 8)]) { folder, files, undo in
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file()))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("a new line".utf8))
            try handle.close()
            let there = folder.bytes()
            let outcome = try await files.revert(undo)
            #expect(outcome.result == .superseded)
            #expect(folder.bytes() == there)
            #expect(folder.leftovers.count == 1)
            #expect(outcome.drift.first?.contains(folder.leftovers.first ?? "?") == true)
        }
    }

    @Test func piecesThatSomebodyWroteToAreLeftAndTheOthersMended() async throws {
        let ranges = [FileRange(offset: 0, length: 16), FileRange(offset: 24, length: 16)]
        try await inForce(.corrupt(seed: 7), ranges: ranges) { folder, files, undo in
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file()))
            try handle.seek(toOffset: 24)
            try handle.write(contentsOf: Data("0123456789abcdef".utf8))
            try handle.close()
            let outcome = try await files.revert(undo)
            #expect(outcome.result == .superseded)
            #expect(folder.bytes() == Array(Self.content.prefix(24)) + Array("0123456789abcdef".utf8) + Array(Self.content.dropFirst(40)))
        }
    }

    @Test(arguments: FileSweepTests.cases) func aFileThatWasReplacedIsLeft(_ item: FileSweepTests.Case) async throws {
        let ranges = item.ranges.map { FileRange(offset: $0.offset / 3, length: $0.length / 3) }
        guard item.act.keepsContent || item.act != .delete else { return }
        let size = Int64(Self.content.count)
        try await inForce(item.act, ranges: item.act == .truncate ? [FileRange(offset: 5, length: size - 5)] : ranges) { folder, files, undo in
            try folder.write([9, 9, 9], to: "new")
            rename(folder.file("new"), folder.file())
            #expect(try await files.observe(undo).drift?.count == 1)
            #expect(try await files.revert(undo).result == .superseded)
            #expect(folder.bytes() == [9, 9, 9])
        }
    }

    @Test func aFileReplacedBetweenPlanAndApplyIsNotHit() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.write(Self.content)
        let files = folder.mechanism()
        let change = try folder.change(.delete)
        let undo = try await files.prepare(change, for: folder.id)
        try folder.write([9], to: "new")
        rename(folder.file("new"), folder.file())
        let problem = await #expect(throws: Problem.self) { try await files.apply(change, undo: undo, until: Folder.later) }
        #expect(problem?.type == .conflict)
        _ = try await files.revert(undo)
        #expect(folder.bytes() == [9])
    }

    @Test func noPartOfAPathMayBeALink() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        mkdir(folder.file("real"), 0o755)
        try folder.write(Self.content, to: "real/file")
        symlink("real", folder.file("link"))
        symlink("real/file", folder.file("alias"))
        let sights = FileSights.look([folder.file("link/file"), folder.file("alias"), folder.file("real"), folder.file("real/*")])
        #expect(sights.map { $0.file != nil } == [false, false, false, true])
        #expect(sights[0].problem?.contains(folder.file("real/file")) == true)
        #expect(sights[1].problem?.contains("symbolic link") == true)
        #expect(throws: Problem.self) { try OpenFile.existing(folder.file("link/file")) }
    }

    @Test func moreThanMayBeSavedIsRefused() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.write([1])
        truncate(folder.file(), 300 << 20)
        let change = try folder.change(.truncate, ranges: [FileRange(offset: 0, length: 300 << 20)])
        let problem = await #expect(throws: Problem.self) { try await folder.mechanism().prepare(change, for: folder.id) }
        #expect(problem?.type == .impossible)
    }
}
