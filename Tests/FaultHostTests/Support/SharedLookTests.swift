// Looks that are shared, and time limits that are watched together.
import FaultModel
import Glibc
import Synchronization
import Testing

@testable import FaultHost

@Suite struct SharedLookTests {
    /// Looks that wait to be let go, and number their sights.
    private final class Window: Sendable {
        private let state = Mutex((begun: 0, asked: 0, waiting: [CheckedContinuation<Void, Never>]()))
        var begun: Int { state.withLock { $0.begun } }

        var asked: Int { state.withLock { $0.asked } }
        func noteAsked() { state.withLock { $0.asked += 1 } }

        func look() async -> Int {
            let number = state.withLock { state in
                state.begun += 1
                return state.begun
            }
            await withCheckedContinuation { waiter in state.withLock { $0.waiting.append(waiter) } }
            return number
        }

        /// Ends the look that is under way, once there is one.
        func letGo() async {
            while true {
                if let waiter = state.withLock({ $0.waiting.popLast() }) { return waiter.resume() }
                if Task.isCancelled { return }
                await Task.yield()
            }
        }
    }

    /// What blocks a thread until it is opened.
    private final class Gate: Sendable {
        private let isOpen = Mutex(false)
        func open() { isOpen.withLock { $0 = true } }
        func wait() { while !isOpen.withLock({ $0 }) { usleep(1000) } }
    }

    /// Who asks while a look is under way may want to see what it has passed by: he gets the next, with all others who ask by then.
    @Test(.timeLimit(.minutes(1))) func whoAsksDuringALookGetsTheNext() async {
        let window = Window()
        let shared = SharedLook { await window.look() }
        let first = Task { await shared.sight() }
        while window.begun < 1 { await Task.yield() }
        let later = (0..<50).map { _ in
            Task {
                window.noteAsked()
                return await shared.sight()
            }
        }
        while window.asked < later.count { await Task.yield() }
        for _ in 0..<100 { await Task.yield() }
        await window.letGo()
        #expect(await first.value == 1)
        // One that came a moment too late has a look of its own to wait for.
        let helper = Task { while !Task.isCancelled { await window.letGo() } }
        var seen: Set<Int> = []
        for task in later { seen.insert(await task.value) }
        #expect(seen.min() == 2 && seen.count <= 2, "\(seen)")
        #expect(await shared.sight() > seen.count)
        helper.cancel()
    }

    @Test(.timeLimit(.minutes(1))) func workThatHangsIsGivenUpAndTheRestIsNot() async throws {
        let thread = DedicatedThread(name: "test")
        let gate = Gate()
        await #expect(throws: Problem.self) {
            try await thread.run(within: .milliseconds(20), "wait") { () throws(Problem) in gate.wait() }
        }
        let next = Task { try await thread.run(within: .seconds(60), "go on") { () throws(Problem) in 7 } }
        gate.open()
        #expect(try await next.value == 7)
        thread.close()
    }

    @Test(.timeLimit(.minutes(1))) func whoGivesUpIsNotHeld() async {
        let thread = DedicatedThread(name: "test")
        let gate = Gate()
        let hung = Task { try await thread.run(within: .seconds(60), "wait") { () throws(Problem) in gate.wait() } }
        hung.cancel()
        await #expect(throws: Problem.self) { try await hung.value }
        gate.open()
        thread.close()
    }
}
