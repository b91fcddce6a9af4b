// Server-Sent Events as text: frames, signs of life, and the end.
import FaultModel
import ServiceLifecycle
import Synchronization
import Testing

@testable import FaultServer

/// A clock that says how long it was asked to sleep, and wakes whoever sleeps when told.
private final class StepClock: NodeClock {
    let bootID = "test"
    private let state = Mutex<(now: Int64, sleepers: [Int64: AsyncStream<Void>.Continuation])>((0, [:]))

    func now() -> Moment { Moment(boot: state.withLock { $0.now }, wall: Timestamp(milliseconds: 0)) }

    func sleep(until boot: Int64) async throws {
        let (wake, waker) = AsyncStream.makeStream(of: Void.self)
        state.withLock { $0.sleepers[boot] = waker }
        for await _ in wake {}
        try Task.checkCancellation()
    }

    /// Turns the clock to the next deadline, once somebody sleeps.
    func step() async -> Int64 {
        while true {
            let deadline = state.withLock { state -> Int64? in
                guard let next = state.sleepers.keys.min() else { return nil }
                state.now = next
                state.sleepers.removeValue(forKey: next)?.finish()
                return next
            }
            if let deadline { return deadline }
            await Task.yield()
        }
    }
}

@Suite struct EventFeedTests {
    private static let one = FaultID(time: Timestamp(milliseconds: 1), random: (1, 1))
    private static let two = FaultID(time: Timestamp(milliseconds: 2), random: (2, 2))

    private func event(_ seq: Int64, _ fault: FaultID? = nil) -> Event {
        Event(seq: seq, type: .faultActive, at: Timestamp(milliseconds: 0), fault: fault, message: "in\nforce")
    }

    private func text(_ events: [Event], fault: FaultID? = nil) async throws -> String {
        let stream = AsyncStream { continuation in
            for event in events { continuation.yield(event) }
            continuation.finish()
        }
        var text = ""
        try await EventFeed(events: stream, fault: fault, clock: StepClock()).write { text += $0 }
        return text
    }

    @Test func aFrameHasIdNameAndOneLineOfJSON() throws {
        let frame = try EventFeed.frame(event(7, Self.one))
        #expect(
            frame == """
                id: 7
                event: fault.active
                data: {"seq":7,"type":"fault.active","at":"1970-01-01T00:00:00.000Z","fault":"\(Self.one)","message":"in\\nforce"}


                """)
    }

    @Test func writesAllInOrderAndEndsWithTheEvents() async throws {
        let text = try await text([event(1), event(2, Self.one), event(3, Self.two)])
        #expect(text.hasPrefix("retry: 2000\n\nid: 1\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("id: ") } == ["id: 1", "id: 2", "id: 3"])
    }

    @Test func oneFaultsEventsOnly() async throws {
        let text = try await text([event(1), event(2, Self.one), event(3, Self.two), event(4, Self.one)], fault: Self.one)
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("id: ") } == ["id: 2", "id: 4"])
    }

    @Test func aQuietStreamIsPingedAndAListenerThatLeftEndsIt() async throws {
        struct Gone: Error {}
        let clock = StepClock()
        let (events, source) = AsyncStream.makeStream(of: Event.self)
        let ended = Mutex(false)
        source.onTermination = { _ in ended.withLock { $0 = true } }
        let written = Mutex<[String]>([])
        let writing = Task {
            try await EventFeed(events: events, clock: clock).write { text in
                let count = written.withLock {
                    $0.append(text); return $0.count
                }
                if count == 4 { throw Gone() }
            }
        }
        #expect(await clock.step() == EventFeed.pingEvery.nanoseconds)
        #expect(await clock.step() == 2 * EventFeed.pingEvery.nanoseconds)
        _ = await clock.step()
        await #expect(throws: Gone.self) { try await writing.value }
        #expect(written.withLock { $0 } == [EventFeed.greeting, EventFeed.ping, EventFeed.ping, EventFeed.ping])
        #expect(ended.withLock { $0 }, "the subscription must end with its listener")
    }
}
