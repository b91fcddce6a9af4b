// The event stream: history from the journal, then what happens, without a gap.
public import FaultModel

extension Controller {
    /// - Parameters:
    ///   - seq: events after this number; 0 is from the beginning, nil is only what happens from now on.
    ///   - follow: go on with what happens; otherwise the stream ends with the newest event.
    public func events(after seq: Int64?, follow: Bool) async throws(Problem) -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(Limits.eventsKept))
        let upTo = events.lastSeq
        let recent = events.recent
        let key = follow ? events.subscribe(continuation) : nil
        continuation.onTermination = { [weak self] _ in
            guard let self, let key else { return }
            Task { await self.forget(subscriber: key) }
        }
        if let seq { try await replay(from: seq, upTo: upTo, recent: recent, into: continuation) }
        if let key { events.release(key) } else { continuation.finish() }
        return stream
    }

    private func replay(
        from seq: Int64, upTo: Int64, recent: [Event], into continuation: AsyncStream<Event>.Continuation
    ) async throws(Problem) {
        var last = seq
        let firstRecent = recent.first?.seq ?? upTo + 1
        while last < firstRecent - 1 {
            let page = try await journal.events(after: last, limit: 1000).filter { $0.seq < firstRecent }
            guard let end = page.last else { break }
            for event in page { continuation.yield(event) }
            last = end.seq
        }
        for event in recent where event.seq > last && event.seq <= upTo { continuation.yield(event) }
    }

    private func forget(subscriber key: Int) { events.unsubscribe(key) }
}
