// How the controller writes: durable before an effect, never in the way of a revert.
import FaultModel
import Logging

extension Controller {
    /// Returns when the entries are durable; throws when they are not and will not be.
    func persist(_ entries: [JournalEntry]) async throws(Problem) {
        let result: Result<Void, Problem> = await withCheckedContinuation { done in
            outbox.urgent.append(.init(entries: entries, done: done))
            outbox.pause?.cancel()
            flush()
        }
        try result.get()
    }

    /// Writes soon, again and again until it works. A revert never waits for the journal.
    func persistLater(_ entries: [JournalEntry]) {
        outbox.add(late: entries)
        // An end has room when others have none (the journal's reserve).
        if entries.contains(where: \.endsFault) { outbox.pause?.cancel() }
        flush()
    }

    private func flush() {
        guard !outbox.isFlushing else { return }
        outbox.isFlushing = true
        Task { await drain() }
    }

    private func drain() async {
        while !outbox.isEmpty {
            let batch = outbox.take()
            if await write(batch) { continue }
            outbox.failures += 1
            tellIdle()
            if outbox.urgent.isEmpty, !(await rest()) { break }
        }
        outbox.isFlushing = false
        tellIdle()
    }

    private func write(_ batch: Outbox.Batch) async -> Bool {
        do {
            try await journal.write(batch.entries)
            outbox.written()
            outbox.failures = 0
            outbox.trouble = nil
            for item in batch.urgent { item.done.resume(returning: .success(())) }
            return true
        } catch {
            metrics.journalWriteFailures += 1
            logger.error("the journal can't be written: \(error)")
            outbox.trouble = error
            outbox.putBack(batch)
            for item in batch.urgent { item.done.resume(returning: .failure(error)) }
            return false
        }
    }

    /// A pause before the next attempt, which somebody who waits for a write cuts short. False: the daemon ends, give up.
    private func rest() async -> Bool {
        let until = clock.now().boot + FaultTransition.backOff(attempt: outbox.failures).nanoseconds
        let clock = clock
        let pause = Task { do { try await clock.sleep(until: until) } catch {} }
        outbox.pause = pause
        await pause.value
        outbox.pause = nil
        return !(isStopping && outbox.failures > 3)
    }

    /// Waits until everything that was handed over has been written, or was tried in vain.
    func settleJournal() async {
        while outbox.isFlushing, outbox.failures == 0 { await withCheckedContinuation { idle.append($0) } }
    }

    private func tellIdle() {
        for waiter in idle { waiter.resume() }
        idle = []
    }

    /// Tells watchers now and the journal soon.
    @discardableResult
    func announce(_ type: Event.Kind, _ id: FaultID?, _ message: String, data: JSONValue? = nil) -> JournalEntry {
        let event = events.publish(Event(type: type, at: clock.now().wall, fault: id, message: message, data: data))
        return .event(event)
    }
}
