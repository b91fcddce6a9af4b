// How late leases end: seen from outside by the event stream, against the deadlines that the journal holds.
import FaultModel
import Synchronization

/// All of them end within this, in nanoseconds.
private let spread: Int64 = 5_000_000_000

func measureLeases(_ backend: String, _ bench: Bench) throws -> [Line] {
    let count = bench.effort.leases
    let daemon = try bench.daemon("leases", backend: backend, in: try Place.make())
    let heard = try EventEars(daemon)
    // Time enough to make them all.
    let begin = Clock.now() + Int64(bench.effort.patience * 0.6 * 1e9)
    let due = { @Sendable (number: Int) in begin + Int64(number) * spread / Int64(count) }
    let made = try Load.create(0..<count, by: 16, daemon, within: bench.effort.patience) {
        Drop.body($0, lease: "\(max(100, (due($0) - Clock.now()) / 1_000_000))ms")
    }
    guard Clock.now() < begin, made.ids.count == count else {
        throw Failure("\(made.ids.count) of \(count) faults made in time, \(made.perSecond.short)/s; \(made.failure ?? "")")
    }
    // Between two of theirs, so that neither wakes the other.
    let timer = try BareTimer.lateness(of: (0..<count).map { due($0) + spread / Int64(2 * count) })
    let ends = try heard.wait(for: count, milliseconds: 20_000)
    try daemon.stop()
    let deadlines = try JournalDeadlines.read(daemon.journalPath)
    var lateness = Samples()
    for (id, end) in ends { if let deadline = deadlines[id] { lateness.add(Double(end - deadline) / 1e6) } }
    guard lateness.count == count else { throw Failure("only \(lateness.count) of \(count) ended within 20 s of their leases") }
    let early = Double(lateness.values.count { $0 < 0 })
    let what = "of \(count) leases ending within 5 s, \(backend)"
    return [
        Line("leases.\(backend).p50/timer", "lateness \(what)", lateness, against: "a timerfd's own", timer, goal: .atMost(1)),
        Line("leases.\(backend).p99/timer", "its p99", .milliseconds, lateness.p99, against: "a timerfd's own", timer.p99, goal: .atMost(10)),
        Line("leases.\(backend).early", "ended early \(what)", .count, early, goal: .atMost(0)),
    ]
}

/// Stamps what the event stream tells of faults that were undone, as it arrives.
private final class EventEars: Sendable {
    private let ends = Mutex<[String: Int64]>([:])

    init(_ daemon: Daemon) throws {
        let wire = try daemon.connect()
        try wire.begin("GET", "/v1/events")
        _ = try wire.receive()
        let box = UncheckedWire(wire)
        _ = Threads.start { [self] in listen(box.wire) }
    }

    func wait(for count: Int, milliseconds: Double) throws -> [String: Int64] {
        let start = Clock.now()
        while ends.withLock({ $0.count }) < count, Clock.milliseconds(since: start) < milliseconds { Clock.sleep(milliseconds: 50) }
        return ends.withLock { $0 }
    }

    /// Until the daemon ends.
    private func listen(_ wire: Wire) {
        var pending = ""
        while let bytes = try? wire.receive() {
            let now = Clock.now()
            pending += String(decoding: bytes, as: UTF8.self)
            while let end = pending.firstRange(of: "\n\n") {
                note(pending[..<end.lowerBound], at: now)
                pending.removeSubrange(..<end.upperBound)
            }
        }
    }

    private func note(_ frame: Substring, at now: Int64) {
        guard frame.contains("event: fault.reverted\n"), let mark = frame.firstRange(of: "\"fault\":\"") else { return }
        let id = String(frame[mark.upperBound...].prefix(26))
        ends.withLock { $0[id] = now }
    }

    /// Handed to the one thread that uses it from then on.
    private struct UncheckedWire: @unchecked Sendable {
        let wire: Wire
        init(_ wire: Wire) { self.wire = wire }
    }
}
