// What waits for the thread of a backend together is done together, reverts first, and nobody pays for another's failure.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct RoundTests {
    private let tables = RecordingTables()
    private let backend: ThreadedBackend<RecordingTables>
    private let change = PacketChange(rules: [])
    private let deadline = Moment.now() + .seconds(60)

    init() { backend = ThreadedBackend(tables) }

    private func apply(_ fault: FaultID) async throws -> Evidence {
        try await backend.apply(change, undo: PacketUndo(fault: fault, rules: []), until: deadline)
    }

    private func until(_ isTrue: () -> Bool) async { while !isTrue() { await Task.yield() } }

    /// Does `body` while the thread is held up by a first call.
    private func whileBusy(_ body: () async throws -> Void) async throws {
        let slow = Task { try await apply(RecordingTables.slow) }
        await until { tables.asked == ["apply 1"] }
        try await body()
        tables.release()
        _ = try await slow.value
    }

    private func applyLater(_ numbers: ClosedRange<UInt16>) -> [Task<Evidence, any Error>] {
        numbers.map { number in Task { try await apply(.test(number)) } }
    }

    @Test func `calls that wait together are one call for each verb, reverts first and looks last`() async throws {
        var tasks: [Task<Void, any Error>] = []
        try await whileBusy {
            for number in 1...5 as ClosedRange<UInt16> {
                let undo = PacketUndo(fault: .test(100 + number), rules: [])
                tasks.append(Task { _ = try await backend.observe(undo) })
                tasks.append(Task { _ = try await backend.rearm(undo, until: deadline) })
                tasks.append(Task { _ = try await apply(.test(number)) })
                tasks.append(Task { _ = try await backend.revert(PacketUndo(fault: .test(200 + number), rules: [])) })
            }
            await until { backend.waiting == 20 }
        }
        for task in tasks { try await task.value }
        #expect(tables.asked == ["apply 1", "revert 5", "rearm 5", "apply 5", "observe 5"])
    }

    @Test func `one that fails fails alone`() async throws {
        var tasks: [Task<Evidence, any Error>] = []
        try await whileBusy {
            tasks = applyLater(11...15)
            await until { backend.waiting == 5 }
        }
        for (index, task) in tasks.enumerated() {
            let problem = await Result { try await task.value }.problem
            #expect(problem?.detail == (index == 2 ? "refused" : nil))
        }
        #expect(tables.asked == ["apply 1", "apply 5"])
    }

    @Test func `no more than so many are done at once`() async throws {
        let most = ThreadedBackend<RecordingTables>.mostAtOnce
        var tasks: [Task<Evidence, any Error>] = []
        try await whileBusy {
            tasks = applyLater(1001...UInt16(1000 + most + 8))
            await until { backend.waiting == most + 8 }
        }
        for task in tasks { _ = try await task.value }
        #expect(tables.asked == ["apply 1", "apply \(most)", "apply 8"])
    }

    /// The engine reverts what it could not apply in time; the apply must not be done after that.
    @Test func `an apply that gave up waiting is not done once its fault is reverted`() async throws {
        let undo = PacketUndo(fault: .test(1), rules: [])
        var reverting: Task<RevertOutcome, any Error>?
        try await whileBusy {
            let late = (1...2).map { _ in Task { try await apply(undo.fault) } }
            await until { backend.waiting == 2 }
            for task in late {
                task.cancel()
                let problem = await Result { try await task.value }.problem
                #expect(problem?.detail == "could not edit packet rules: the caller gave up")
            }
            reverting = Task { try await backend.revert(undo) }
            // Instead of the two.
            await until { backend.waiting == 1 }
        }
        _ = try await reverting?.value
        _ = try await apply(.test(2))
        #expect(tables.asked == ["apply 1", "revert 1", "apply 1"])
    }

    @Test func `what was prepared and not applied is armed without a look, and anything else with one`() async throws {
        let undo = try await backend.prepare(change, for: .test(1), in: nil)
        #expect(undo.backend == .iptables)
        #expect(try await backend.rearm(undo, until: deadline) == tables.foresee(until: deadline))
        #expect(tables.asked == [])
        _ = try await apply(.test(1))
        _ = try await backend.rearm(undo, until: deadline)
        _ = try await backend.rearm(PacketUndo(fault: .test(2), rules: []), until: deadline)
        #expect(tables.asked == ["apply 1", "rearm 1", "rearm 1"])
    }

    @Test func `what was prepared and reverted is armed with a look`() async throws {
        let undo = try await backend.prepare(change, for: .test(1), in: nil)
        _ = try await backend.revert(undo)
        _ = try await backend.rearm(undo, until: deadline)
        #expect(tables.asked == ["revert 1", "rearm 1"])
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ work: () async throws -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }

    fileprivate var problem: Problem? {
        if case .failure(let error) = self { return error as? Problem }
        return nil
    }
}
