// The event stream: follows it, and takes it up again where it broke.
import AsyncHTTPClient
public import FaultModel
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// What a follower of the event stream learns.
public enum EventUpdate: Sendable, Hashable {
    /// The stream is open: what happens from here on will be told.
    case connected
    /// One event, and its JSON as it came.
    case event(Event, json: String)
    /// The stream broke; it is being opened again, and goes on after the last event.
    case lost(Problem)
}

extension FaultClient {
    /// Events as they happen. A daemon that can't be reached at first ends it with a `Problem`; one that goes away later is waited for.
    /// - Parameters:
    ///   - seq: events after this one; nil is only new ones, 0 is from the beginning.
    ///   - follow: false ends with the last event there is.
    public func events(after seq: Int64? = nil, follow: Bool = true) -> AsyncThrowingStream<Event, any Error> {
        let updates = eventUpdates(after: seq, follow: follow)
        return Self.stream { yield in
            for try await case .event(let event, _) in updates { yield(event) }
        }
    }

    /// The same, with the state of the connection.
    public func eventUpdates(after seq: Int64? = nil, follow: Bool = true) -> AsyncThrowingStream<EventUpdate, any Error> {
        Self.stream { [self] yield in
            var reader = EventReader(last: seq.map { String($0) }, follow: follow)
            try await reader.run(on: self, yield: yield)
        }
    }

    private static func stream<Element: Sendable>(
        _ produce: @escaping @Sendable (_ yield: (Element) -> Void) async throws -> Void
    ) -> AsyncThrowingStream<Element, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await produce { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// One follower's place in the stream.
private struct EventReader {
    var last: String?
    let follow: Bool
    private var wasConnected = false
    private var pause = FaultClient.Bounds.firstReconnect

    init(last: String?, follow: Bool) {
        self.last = last
        self.follow = follow
    }

    mutating func run(on client: FaultClient, yield: (EventUpdate) -> Void) async throws {
        while !Task.isCancelled {
            do {
                try await readOnce(client, yield)
                guard follow else { return }
                yield(.lost(Problem(unreachable: "faultd ended the event stream", hint: nil)))
            } catch {
                let problem = Problem(stream: error, socket: client.socket)
                // Only a daemon that was there before is waited for; one that refuses is believed.
                guard follow, wasConnected, problem.isUnreachable, !Task.isCancelled else { throw problem }
                yield(.lost(problem))
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, FaultClient.Bounds.lastReconnect)
        }
    }

    private mutating func readOnce(_ client: FaultClient, _ yield: (EventUpdate) -> Void) async throws {
        let response = try await client.http.execute(call.request(socket: client.socket), deadline: .distantFuture)
        client.note(stuck: response.headers.first(name: FaultClient.stuckHeader))
        guard response.status == .ok else {
            let body = try await response.body.collect(upTo: FaultClient.Bounds.event)
            throw Problem(answer: Array(body.readableBytesView), status: Int(response.status.code))
        }
        wasConnected = true
        pause = FaultClient.Bounds.firstReconnect
        yield(.connected)
        var parser = EventParser()
        for try await chunk in response.body {
            for message in try parser.feed(chunk.readableBytesView) { deliver(message, yield) }
            last = parser.lastID ?? last
        }
    }

    private var call: Call {
        var headers = [("accept", "text/event-stream")]
        if let last { headers.append(("last-event-id", last)) }
        return Call(path: "/v1/events", query: follow ? [] : [("follow", "false")], headers: headers)
    }

    /// An event of a type that this program does not know yet is passed over.
    private func deliver(_ message: EventParser.Message, _ yield: (EventUpdate) -> Void) {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(message.data.utf8)) else { return }
        yield(.event(event, json: message.data))
    }
}
