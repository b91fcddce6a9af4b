// The journal's disk is full: nothing new, and every end all the same.
import FaultModel
import FaultTesting
import Foundation
import Testing

@testable import FaultEngine

@Suite struct FullDiskTests {
    private let drop: KeyValuePairs = ["protocol": "tcp", "port": "443"]

    @Test func aFaultIsRefusedAndOneInForceEndsAndIsClosed() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("network.drop", drop, lease: .seconds(10))
        let during = bench.host.text()
        bench.journal.setFull(true)
        let problem = await #expect(throws: Problem.self) { try await bench.inject("unit.stop", ["unit": "nginx"]) }
        #expect(problem?.status == 503)
        #expect(bench.host.text() == during)
        await bench.pass(.seconds(10))
        #expect(try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5)).ended_by == .lease)
        #expect(bench.host.text() == before)
        await bench.pass(.zero)
        #expect(bench.journal.openFaults.isEmpty)
    }

    @Test func aRenewalIsRefusedAndTheLeaseStands() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop, lease: .seconds(10))
        bench.journal.setFull(true)
        let problem = await #expect(throws: Problem.self) { try await bench.controller.renew(fault.id, lease: .seconds(60), by: Bench.caller) }
        #expect(problem?.status == 503)
        await bench.pass(.seconds(10))
        #expect(try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5)).ended_by == .lease)
    }

    /// Events that could not be written must not make an end wait for the next attempt.
    @Test func anEndIsWrittenAtOnceAlthoughEventsWait() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop, lease: .seconds(600))
        bench.journal.setFull(true)
        _ = await #expect(throws: Problem.self) { try await bench.inject("network.drop", drop) }
        for _ in 0..<6 { await bench.pass(.seconds(8)) }
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        await bench.pass(.zero)
        #expect(bench.journal.openFaults.isEmpty)
    }

    @Test func theReserveIsRoomThatIsTakenAndGivenBack() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-reserve-\(UUID().uuidString)").path
        let reserve = DiskReserve(path: path)
        #expect(reserve.make())
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(Int(status.st_blocks) * 512 >= Limits.journalReserve)
        // The next run of the daemon finds it there.
        #expect(DiskReserve(path: path).giveUp())
        #expect(stat(path, &status) != 0)
        #expect(!DiskReserve(path: path).giveUp())
    }

    @Test func aJournalThatCantBeWrittenIsReadAllTheSame() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-readonly-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (path, copy) = (folder.appendingPathComponent("j").path, folder.appendingPathComponent("copy").path)
        let record = FaultRecord(
            id: FaultID(time: Timestamp(milliseconds: 1_790_000_000_000), random: (1, 2)), kind: "network.drop", spec: [:],
            lease: Lease(.seconds(1), grantedAt: Moment(boot: 1, wall: Timestamp(milliseconds: 1))), bootID: "boot", requestedBy: Bench.caller,
            owner: "ana", reason: nil, labels: StringMap([:]), createdAt: Moment(boot: 1, wall: Timestamp(milliseconds: 1)))
        let journal = try await SQLiteJournal(path: path)
        try await journal.write([.fault(record)])
        // As a crash leaves it: what was written is still in the log beside it.
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix) }
        try SQLite(path: copy, .readOnly).query("SELECT id FROM faults") { #expect($0.text(0) == record.id.text) }
        #expect(try SQLite(path: copy, .readOnly).text("SELECT count(*) FROM faults") == "1")
        _ = #expect(throws: Problem.self) { try SQLite(path: copy, .readOnly).run("DELETE FROM faults") }
        #expect(!FileManager.default.fileExists(atPath: copy + "-shm"))
        #expect(!FileManager.default.fileExists(atPath: path + "-shm"))
    }
}
