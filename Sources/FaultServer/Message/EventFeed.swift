// A stream of events as the text of Server-Sent Events (WHATWG HTML, section 9.2), with a sign of life in between.
import FaultModel
import ServiceLifecycle

/// Events for one listener, and how to write them.
struct EventFeed: Sendable {
    let events: AsyncStream<Event>
    /// Only events of this one.
    var fault: FaultID?
    let clock: any NodeClock

    /// A listener that has gone away is noticed by the next write, so there is one at least this often.
    static let pingEvery = Duration.seconds(10)
    /// How long a browser waits before it comes back.
    static let greeting = "retry: 2000\n\n"
    static let ping = ": ping\n\n"

    private enum Step: Sendable {
        case event(Event?)
        case ping
        case stop
    }

    /// Writes until the events end, the daemon stops, or `write` throws because nobody listens any more.
    func write(_ write: (String) async throws -> Void) async throws {
        try await write(Self.greeting)
        try await withThrowingTaskGroup(of: Step.self) { group in
            // Cancelling the task that waits for an event is what ends the subscription.
            defer { group.cancelAll() }
            group.addTask { await .event(next()) }
            group.addTask { try await nap() }
            group.addTask {
                try await gracefulShutdown()
                return .stop
            }
            for try await step in group {
                switch step {
                case .event(let event?):
                    if matches(event) { try await write(Self.frame(event)) }
                    group.addTask { await .event(next()) }
                case .ping:
                    try await write(Self.ping)
                    group.addTask { try await nap() }
                case .event(nil), .stop: return
                }
            }
        }
    }

    /// Iterators of one AsyncStream share what is left of it.
    private func next() async -> Event? { await events.first { _ in true } }

    private func nap() async throws -> Step {
        try await clock.sleep(until: (clock.now() + Self.pingEvery).boot)
        return .ping
    }

    private func matches(_ event: Event) -> Bool { fault == nil || event.fault == fault }

    static func frame(_ event: Event) throws -> String {
        "id: \(event.seq)\nevent: \(event.type.rawValue)\ndata: \(try event.jsonText())\n\n"
    }
}
