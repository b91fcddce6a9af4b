import FaultModel
import Foundation
import Testing

// Processes of the test's own, stopped, continued and killed by the mechanism. No privileges are needed for that.
@testable import FaultHost

struct ProcessesTests {
    private let processes = Processes(systemd: Systemd(.init()) { Moment(boot: 0, wall: .now) })
    private let deadline = Moment(boot: 0, wall: .now + .seconds(60))

    /// `body` with some processes and their pins; they are ended afterwards.
    private func withSleepers(_ count: Int = 1, _ body: ([ProcessPin]) async throws -> Void) async throws {
        let started = try (0..<count).map { _ in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sleep")
            process.arguments = ["60"]
            try process.run()
            return process
        }
        let pids = Set(started.map(\.processIdentifier))
        let pins = try await processes.list().filter { pids.contains($0.pid) }.map { ProcessPin($0) }
        #expect(pins.count == count)
        do { try await body(pins) } catch { Issue.record(error) }
        for process in started {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    private func inject(_ action: ProcessChange.Action, _ pins: [ProcessPin]) async throws -> (undo: ProcessUndo, evidence: Evidence) {
        let change = ProcessChange(action: action, targets: pins)
        let undo = try await processes.prepare(change, for: .forTest())
        return (undo, try await processes.apply(change, undo: undo, until: deadline))
    }

    private func state(_ pin: ProcessPin) -> String { ProcessTable.stat(pin.pid).map { String($0.state) } ?? "gone" }

    @Test func whatIsPausedStopsAndContinues() async throws {
        try await withSleepers(2) { pins in
            let (undo, evidence) = try await inject(.pause, [pins[0]])
            #expect(pins.map(state) == ["T", "S"])
            #expect(evidence.observations == [.init("process \(pins[0].title)", "stopped")])
            #expect(try await processes.observe(undo).drift == [])
            #expect(try await processes.revert(undo) == RevertOutcome(.restored))
            #expect(state(pins[0]) != "T")
            #expect(try await processes.revert(undo) == RevertOutcome(.alreadyGone))
        }
    }

    @Test func somebodyElseContinuesOrEndsIt() async throws {
        try await withSleepers(2) { pins in
            let (undo, _) = try await inject(.pause, pins)
            // Before it is killed: its parent may have collected it the moment after.
            let held = try #require(try PidFD(pid: pins[1].pid))
            kill(pins[0].pid, SIGCONT)
            kill(pins[1].pid, SIGKILL)
            _ = await PidFD.waitForEnd(of: [held], limit: .seconds(5))
            _ = await Processes.waiting(for: [pins[0]], limit: .seconds(5)) { !$0.isStopped }
            let drift = try await processes.observe(undo).drift
            #expect(drift == ["process \(pins[0].title) was continued", "process \(pins[1].title) has ended"])
            let outcome = try await processes.revert(undo)
            #expect(outcome.result == .superseded)
            #expect(outcome.drift == ["process \(pins[1].title) has ended since it was stopped: not by faultd"])
        }
    }

    @Test func onlyThoseThatRanAreStopped() async throws {
        try await withSleepers(2) { pins in
            kill(pins[0].pid, SIGSTOP)
            _ = await Processes.waiting(for: [pins[0]], limit: .seconds(5)) { $0.isStopped }
            let (undo, _) = try await inject(.pause, pins)
            #expect(undo.targets == [pins[1]])
            _ = try await processes.revert(undo)
            #expect(state(pins[0]) == "T")
            await #expect { try await inject(.pause, [pins[0]]) } throws: { ($0 as? Problem)?.type == .noEffect }
        }
    }

    /// Another process with the same number has another start.
    @Test func anotherProcessOfThatNumberIsNeverTouched() async throws {
        try await withSleepers { pins in
            var old = pins[0]
            old.startTicks -= 1
            await #expect { try await inject(.signal(.kill), [old]) } throws: { ($0 as? Problem)?.type == .noMatch }
            let change = ProcessChange(action: .signal(.kill), targets: [old])
            let undo = ProcessUndo(fault: try .forTest(), action: change.action, targets: [old])
            await #expect { try await processes.apply(change, undo: undo, until: deadline) } throws: { ($0 as? Problem)?.type == .noMatch }
            #expect(state(pins[0]) == "S")
            // Nor is a stopped one continued in its place.
            kill(pins[0].pid, SIGSTOP)
            _ = await Processes.waiting(for: pins, limit: .seconds(5)) { $0.isStopped }
            _ = try await processes.revert(ProcessUndo(fault: try .forTest(), action: .pause, targets: [old]))
            #expect(state(pins[0]) == "T")
        }
    }

    @Test func aKillEndsItAndNothingCanBringItBack() async throws {
        try await withSleepers { pins in
            let (undo, evidence) = try await inject(.signal(.kill), pins)
            #expect(evidence.observations?.map(\.state) == ["ended by SIGKILL"])
            #expect(undo.irreversible == ["nothing is known that would start process \(pins[0].title) again"])
            #expect(!undo.needsBackstop)
            #expect(try await processes.revert(undo).drift.count == 1)
        }
    }

    @Test func aSignalThatIsIgnoredIsToldOf() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "trap '' TERM; echo ready; exec sleep 60"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        _ = pipe.fileHandleForReading.availableData
        let pin = try #require(try await processes.list().first { $0.pid == process.processIdentifier }.map { ProcessPin($0) })
        let (_, evidence) = try await inject(.signal(.term), [pin])
        #expect(evidence.observations?.map(\.state) == ["got SIGTERM and still runs"])
        kill(pin.pid, SIGKILL)
        process.waitUntilExit()
    }

    @Test func theFirstProcessAndOurOwnLineAreRefused() async throws {
        for pid in [1, getpid()] {
            let stat = try #require(ProcessTable.stat(pid))
            let pin = ProcessPin(pid: pid, startTicks: stat.startTicks, name: String(stat.name))
            await #expect { try await inject(.pause, [pin]) } throws: { ($0 as? Problem)?.type == .protectedTarget }
        }
    }

    @Test func theListTellsWhatSelectorsAskFor() async throws {
        try await withSleepers { pins in
            let own = try #require(try await processes.list().first { $0.pid == pins[0].pid })
            #expect(own.name == "sleep" && own.command == "/bin/sleep 60" && own.parent == getpid() && own.uid == geteuid())
            #expect(!own.isKernel && !own.isNamespaceInit)
            #expect(own.user == nil || !(own.user ?? "").isEmpty)
        }
    }

    @Test func theCapabilityIsThereWhereTheTestsRun() async {
        #expect(await processes.capabilities().map(\.available) == [true])
    }
}
