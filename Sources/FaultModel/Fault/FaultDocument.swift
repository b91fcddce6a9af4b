// A fault as the API shows it.

/// The JSON of one fault. Members are declared, and so written, in the order in which a person wants to read them.
public struct FaultDocument: Sendable, Hashable, Codable {
    public var id: FaultID
    public var kind: String
    public var state: FaultState
    public var spec: JSONValue
    public var lease: LeaseDocument
    public var owner: String
    public var requested_by: Caller
    public var reason: String?
    public var labels: StringMap
    public var changes: [ChangeDocument]
    public var backstop: Backstop?
    public var evidence: Evidence
    public var notes: [String]
    public var clean: Bool?
    /// While it is active, what keeps it from being wholly in force; once it is over, what is not as before.
    public var drift: [String]
    public var created_at: Timestamp
    public var applied_at: Timestamp?
    public var reverted_at: Timestamp?
    public var took: TookDocument
    public var ended_by: EndCause?
    public var error: Problem?
    /// Failed attempts to undo it, and since when; only while it is stuck.
    public var revert_attempts: Int?
    public var stuck_since: Timestamp?
    public var confirm_by: Timestamp?
    /// The last time it passed to another owner.
    public var taken_over: TakeoverDocument?

    public struct LeaseDocument: Sendable, Hashable, Codable {
        public var duration: TextDuration
        public var granted_at: Timestamp
        public var expires_at: Timestamp
        public var remaining: TextDuration
        public var renewals: Int
        /// 1 at first, and one more each time the fault is taken over.
        public var fence: Int
    }

    public struct TakeoverDocument: Sendable, Hashable, Codable {
        public var by: Caller
        public var at: Timestamp
        public var from: String
    }

    public struct ChangeDocument: Sendable, Hashable, Codable {
        public var apply: String
        public var revert: String
        public var state: ChangeRecord.State
        public var error: Problem?
    }

    public struct TookDocument: Sendable, Hashable, Codable {
        public var apply: TextDuration?
        public var revert: TextDuration?
    }

    /// - Parameter now: for what remains of the lease.
    public init(_ record: FaultRecord, now: Moment) {
        id = record.id
        kind = record.kind
        state = record.state
        spec = record.spec
        lease = .init(record, now: now)
        owner = record.owner
        requested_by = record.requestedBy
        reason = record.reason
        labels = record.labels
        changes = record.changes.flatMap { ChangeDocument.all($0, of: record) }
        backstop = Backstop.joined(record.changes.compactMap(\.backstop))
        evidence = record.evidence
        notes = record.notes
        clean = record.clean
        drift = record.state == .active ? record.driftInForce : record.drift
        created_at = record.createdAt.wall
        applied_at = record.appliedAt?.wall
        reverted_at = record.revertedAt?.wall
        took = .init(
            apply: record.applyTook.map { TextDuration(.nanoseconds($0)) }, revert: record.revertTook.map { TextDuration(.nanoseconds($0)) })
        ended_by = record.endedBy
        error = record.error
        if record.state == .stuck { (revert_attempts, stuck_since) = (record.revertAttempts, record.stuckSince) }
        confirm_by = record.confirmBy?.wall
        taken_over = record.takeover.map { .init(by: $0.by, at: $0.at, from: $0.from) }
    }
}

extension FaultDocument.LeaseDocument {
    init(_ record: FaultRecord, now: Moment) {
        let lease = record.lease
        duration = TextDuration(lease.duration)
        granted_at = lease.grantedAt.wall
        expires_at = lease.deadline.wall
        let left = Duration.nanoseconds(max(0, lease.deadline.boot - now.boot))
        remaining = TextDuration(record.state.isFinal ? .zero : left)
        renewals = lease.renewals
        fence = record.fence
    }
}

extension FaultDocument.ChangeDocument {
    static func all(_ record: ChangeRecord, of fault: FaultRecord) -> [Self] {
        // xt_time still matches during the whole of the second that datestop names, so the rule says the second before the backstop's end.
        let stop = record.backstop.flatMap { $0.by == "kernel" ? $0.at + .seconds(-1) : nil }
        return record.steps(mark: fault.id.mark, until: stop, lease: fault.lease.duration).map {
            Self(apply: $0.apply, revert: $0.revert, state: record.state, error: record.error)
        }
    }
}
