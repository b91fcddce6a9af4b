// Room taken up by a real file, and given back. Only a little of it: how much a disk may be filled is planned elsewhere.
import FaultModel
import Foundation
import Glibc
import Testing

@testable import FaultHost

@Suite struct DiskTests {
    private static let bytes: Int64 = 1 << 20

    private func disk(_ folder: Folder, _ death: Death? = nil) -> Disk {
        mkdir(folder.path + "/state", 0o700)
        return Disk(state: folder.path + "/state", steps: death?.steps(chunk: 1) ?? EffectSteps())
    }

    @Test func takesRoomAndGivesItBack() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let (disk, change) = (disk(folder), DiskChange(directory: folder.path, bytes: Self.bytes))
        let undo = try await disk.prepare(change, for: folder.id)
        let evidence = try await disk.apply(change, undo: undo, until: Folder.later)
        #expect(evidence.observations?.first?.figures?["taken_bytes"] ?? 0 >= Self.bytes)
        #expect(try await disk.inventory().map(\.fault) == [folder.id])
        unlink(undo.path)
        #expect(try await disk.observe(undo).drift?.count == 1)
        #expect(try await disk.revert(undo).result == .alreadyGone)
        #expect(folder.sight() == [])
        #expect(folder.leftovers == [])
    }

    @Test func whateverStepItDiesAt() async throws {
        for first in 1... {
            let folder = try Folder()
            defer { folder.remove() }
            let change = DiskChange(directory: folder.path, bytes: Self.bytes)
            let death = Death(at: first)
            let undo = try await disk(folder).prepare(change, for: folder.id)
            do { _ = try await disk(folder, death).apply(change, undo: undo, until: Folder.later) } catch {}
            do { _ = try await disk(folder, Death(at: 1)).revert(undo) } catch {}
            for artefact in try await disk(folder).inventory() { try await disk(folder).remove(artefact) }
            _ = try await disk(folder).revert(undo)
            #expect(folder.sight() == [], "died at step \(first)")
            if !death.hasCome { break }
            try #require(first < 20)
        }
    }

    @Test func disksAreSeenForWhatTheyAre() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sights = DiskSights(state: folder.path)
        #expect(sights.look(folder.path).reason == "faultd's journal is on it")
        #expect(sights.look("/proc").problem != nil)
        #expect(sights.look("/dev").problem == "holds the node's devices")
        #expect(sights.look(folder.file("nowhere")).problem == "does not exist")
        let here = sights.look(folder.path)
        #expect(here.problem == nil && here.total > 0 && here.free >= here.available)
    }

    /// What is held up may yet have its effect: nothing of it may be taken for undone before.
    @Test func undoingWaitsForACallThatTheDiskHoldsUp() async throws {
        let (calls, begun, goOn) = (DiskCalls(), Pipe(), Pipe())
        let id = FaultID(time: Timestamp(milliseconds: 1), random: (7, 7))
        async let first = calls.change("change", of: id) { () throws(Problem) in
            begun.fileHandleForWriting.write(Data([1]))
            return goOn.fileHandleForReading.readData(ofLength: 1).count
        }
        _ = try await DiskCalls.onThread("wait") { () throws(Problem) in begun.fileHandleForReading.readData(ofLength: 1) }
        let problem = await #expect(throws: Problem.self) { try await calls.change("undo", of: id) { () throws(Problem) in 0 } }
        #expect(problem?.type == .timedOut)
        let another = FaultID(time: Timestamp(milliseconds: 2), random: (7, 7))
        #expect(try await calls.change("undo", of: another) { () throws(Problem) in 2 } == 2, "another fault's is not held up")
        goOn.fileHandleForWriting.write(Data([1]))
        #expect(try await first == 1)
        #expect(try await calls.change("undo", of: id) { () throws(Problem) in 3 } == 3)
    }
}
