// Events as they happen: numbered, remembered for a while, handed to those who watch.
import FaultModel

/// Numbers events and passes them on. The journal keeps them for longer than this does.
struct EventHub {
    private struct Subscriber {
        var continuation: AsyncStream<Event>.Continuation
        /// Held back while older events are still being read from the journal.
        var backlog: [Event]?
    }
    private var subscribers: [Int: Subscriber] = [:]
    private var nextSubscriber = 0
    private(set) var lastSeq: Int64 = 0
    /// The newest events: what the journal may not have yet.
    private(set) var recent: [Event] = []
    private static let kept = 4096

    mutating func resume(after seq: Int64) { lastSeq = max(lastSeq, seq) }

    mutating func publish(_ event: Event) -> Event {
        var event = event
        lastSeq += 1
        event.seq = lastSeq
        recent.append(event)
        if recent.count > Self.kept { recent.removeFirst(recent.count - Self.kept / 2) }
        for (key, subscriber) in subscribers {
            if subscriber.backlog == nil { subscriber.continuation.yield(event) } else { subscribers[key]?.backlog?.append(event) }
        }
        return event
    }

    /// Registers a watcher; live events are held back until `release`.
    mutating func subscribe(_ continuation: AsyncStream<Event>.Continuation) -> Int {
        nextSubscriber += 1
        subscribers[nextSubscriber] = Subscriber(continuation: continuation, backlog: [])
        return nextSubscriber
    }

    mutating func release(_ key: Int) {
        guard let subscriber = subscribers[key] else { return }
        for event in subscriber.backlog ?? [] { subscriber.continuation.yield(event) }
        subscribers[key]?.backlog = nil
    }

    mutating func unsubscribe(_ key: Int) { subscribers.removeValue(forKey: key)?.continuation.finish() }

    mutating func finish() {
        for subscriber in subscribers.values { subscriber.continuation.finish() }
        subscribers = [:]
    }
}
