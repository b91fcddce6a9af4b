// What the engine counts of itself since it started.
public import FaultModel

/// Counted where it happens, by the controller alone.
public struct Metrics: Sendable {
    /// What an ended fault is counted by.
    public struct Ending: Sendable, Hashable {
        public var kind: String
        public var cause: EndCause
    }

    /// 1 ms to 1 min: a packet rule takes a few, a service that stops slowly the most.
    private static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    public private(set) var ended: [Ending: Int] = [:]
    /// How long after its lease's end a fault was undone; those that were ended before are not in it.
    public private(set) var lateness = Histogram(bounds: seconds)
    public private(set) var apply = Histogram(bounds: seconds)
    public private(set) var revert = Histogram(bounds: seconds)
    public var journalWriteFailures = 0
    public var orphansRemoved = 0

    mutating func noteApplied(_ record: FaultRecord) {
        if let took = record.applyTook { apply.observe(.nanoseconds(took)) }
    }

    /// - Parameter bootID: of now; the deadline of an earlier boot counts by a clock that is gone.
    mutating func noteEnded(_ record: FaultRecord, bootID: String) {
        ended[Ending(kind: record.kind, cause: record.endedBy ?? .error), default: 0] += 1
        if let took = record.revertTook { revert.observe(.nanoseconds(took)) }
        guard let end = record.revertedAt, record.bootID == bootID, end.boot >= record.deadline.boot else { return }
        lateness.observe(end.since(record.deadline))
    }
}

/// The counters, and how things stand beside them.
public struct MetricsSnapshot: Sendable {
    /// What the faults that are not over are counted by.
    public struct Standing: Sendable, Hashable {
        public var kind: String
        public var state: FaultState

        public init(kind: String, state: FaultState) {
            self.kind = kind
            self.state = state
        }
    }

    public var counters = Metrics()
    /// Every kind this daemon knows, in every state that is not final: none is 0.
    public var faults: [Standing: Int] = [:]
    public var drifting = 0
    /// Entries that are not durable yet.
    public var journalPending = 0
    public var isHalted = false
    public var version: String

    public init(version: String) { self.version = version }

    public var stuck: Int { faults.filter { $0.key.state == .stuck }.values.reduce(0, +) }
}

extension Controller {
    public func metricsSnapshot() -> MetricsSnapshot {
        var snapshot = MetricsSnapshot(version: version)
        snapshot.counters = metrics
        for kind in kinds.map(\.name) {
            for state in FaultState.allCases where !state.isFinal { snapshot.faults[.init(kind: kind, state: state)] = 0 }
        }
        for record in live.records {
            snapshot.faults[.init(kind: record.kind, state: record.state), default: 0] += 1
            if !record.driftInForce.isEmpty { snapshot.drifting += 1 }
        }
        snapshot.journalPending = outbox.pending
        snapshot.isHalted = halted != nil
        return snapshot
    }
}
