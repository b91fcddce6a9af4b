// The heart: the one owner of what is in force. It decides; the host acts; the journal remembers.
import FaultKinds
public import FaultModel
public import Logging
import Synchronization

/// Grants faults under leases and takes them back. Every fault ends by one path, `Controller+End.swift`.
public actor Controller {
    let host: any Host
    let journal: any Journal
    let clock: any NodeClock
    let logger: Logger
    public nonisolated let policy: Policy
    public nonisolated let version: String
    nonisolated let nodeName: String
    nonisolated let kinds: [any FaultKind]

    var live = LiveFaults()
    var lessor = Lessor()
    /// When which fault that is in force is looked at.
    var looks = Deadlines()
    var leaseAlarm = Alarm()
    var lookAlarm = Alarm()
    var halted: Halt?
    /// Tells one halt from the next.
    var haltCount = 0
    var isStopping = false
    var waiters: [FaultID: [Waiter]] = [:]
    /// Counts those who have waited.
    var nextWaiter = 0
    /// Wait until the outbox is empty.
    var idle: [CheckedContinuation<Void, Never>] = []
    /// Requests with an idempotency key that are on their way.
    var underWay: [String: (caller: Caller, task: Task<Result<Created, Problem>, Never>)] = [:]
    var events = EventHub()
    var outbox = Outbox()
    var metrics = Metrics()
    /// Read by every answer of the server without waiting for the engine.
    private nonisolated let stuck = Atomic(0)

    /// What a controller needs to know of where it runs.
    public struct Setting: Sendable {
        public var version: String
        public var nodeName: String
        public var policy: Policy

        public init(version: String, nodeName: String, policy: Policy) {
            self.version = version
            self.nodeName = nodeName
            self.policy = policy
        }
    }

    public init(host: any Host, journal: any Journal, clock: any NodeClock, setting: Setting, logger: Logger, kinds: [any FaultKind]? = nil) {
        self.host = host
        self.journal = journal
        self.clock = clock
        self.logger = logger
        policy = setting.policy
        version = setting.version
        nodeName = setting.nodeName
        self.kinds = kinds ?? Catalog.kinds
    }

    /// Changes a fault's record; `tellWaiters` is for those who wait for the change.
    func update(_ id: FaultID, _ change: (inout FaultRecord) -> Void) { live.update(id, change) }

    // What tests ask of it.
    var records: [FaultRecord] { live.records }
    func isAlive(_ id: FaultID) -> Bool { live[id] != nil }
    func isBusy(_ id: FaultID) -> Bool { live[id]?.isBusy == true }

    /// How many faults could not be undone yet.
    public nonisolated var stuckCount: Int { stuck.load(ordering: .relaxed) }

    func record(_ id: FaultID) async throws(Problem) -> FaultRecord {
        if let record = live[id]?.record ?? outbox.record(id) { return record }
        if let record = try await journal.fault(id) { return record }
        throw Problem(.notFound, "there is no fault \(id)", hint: "GET /v1/faults lists those in force and those that ended")
    }

    nonisolated func document(_ record: FaultRecord) -> FaultDocument { FaultDocument(record, now: clock.now()) }

    /// Moves a fault along, or logs that the event came at the wrong time.
    func transition(_ id: FaultID, on event: FaultTransition.Event) -> FaultTransition.Action {
        guard let entry = live[id] else { return .nothing }
        let failed = entry.record.endedBy == .error
        guard let (state, action) = FaultTransition.next(entry.record.state, on: event, failed: failed) else {
            logger.error("event \(event) has no meaning for a fault that is \(entry.record.state)", metadata: ["fault": "\(id)"])
            return .nothing
        }
        update(id) { $0.state = state }
        stuck.store(live.stuck.count, ordering: .relaxed)
        return action
    }

    static func freshID(at time: Timestamp) -> FaultID {
        var random = SystemRandomNumberGenerator()
        return FaultID(time: time, random: (random.next(), random.next()))
    }
}
