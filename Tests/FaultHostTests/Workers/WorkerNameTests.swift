// Names of workers: nobody else's unit, folder or control group is taken for one.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

@Suite struct WorkerNameTests {
    private let fault = FaultID(time: Timestamp(milliseconds: 1), random: (7, 7))

    @Test func onlyWorkersAreTakenForWorkers() {
        let unit = WorkerUndo.unit(fault.text, 0)
        #expect(FaultHost.Workers.fault(in: unit) == fault)
        // A backstop's sweep must not take a worker for a timer's service, nor the other way round.
        #expect(BackstopTimer.fault(in: unit) == nil)
        #expect(FaultHost.Workers.fault(in: BackstopTimer(fault: fault, part: "workers").name + ".service") == nil)
        for name in ["faultd-worker-x-1.service", "faultd-worker-\(fault.text).service", "worker-\(fault.text)-1.service", unit + ".d"] {
            #expect(FaultHost.Workers.fault(in: name) == nil, "\(name)")
        }
    }

    @Test func nothingElseIsRemovedOrKilled() throws {
        let folder = NSTemporaryDirectory() + "not-a-worker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: Problem.self) { try ScratchFolder.remove(folder) }
        #expect(FileManager.default.fileExists(atPath: folder))
        #expect(throws: Problem.self) { try ControlGroups.end(["/sys/fs/cgroup/system.slice"], within: .zero) }
        #expect(throws: Problem.self) { try ControlGroups.end(["/tmp/faultd-worker-\(fault.text)-1"], within: .zero) }
    }

    @Test func aFolderGoesWithAllThatIsInItAndFollowsNoLink() throws {
        let base = NSTemporaryDirectory() + "worker-test-\(UUID().uuidString)"
        let (folder, outside) = ("\(base)/\(WorkerUndo.folder(WorkerUndo.unit(fault.text, 0)))", "\(base)/outside")
        defer { try? FileManager.default.removeItem(atPath: base) }
        for path in ["\(folder)/a/b", outside] { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        for path in ["\(folder)/a/b/file", "\(outside)/kept"] { try Data("x".utf8).write(to: URL(fileURLWithPath: path)) }
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: outside)
        #expect(try ScratchFolder.remove(folder))
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(FileManager.default.fileExists(atPath: "\(outside)/kept"))
        #expect(try !ScratchFolder.remove(folder))
    }
}
