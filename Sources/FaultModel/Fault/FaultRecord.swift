// A fault as the engine keeps it and the journal stores it.

public enum FaultState: String, SpecWord, Sendable, Hashable {
    case applying, active, reverting, reverted, failed, stuck

    /// Nothing of it is, or may be, on the node any more.
    public var isFinal: Bool {
        switch self {
        case .reverted, .failed: true
        case .applying, .active, .reverting, .stuck: false
        }
    }
}

/// Why a fault ended.
public enum EndCause: String, Sendable, Hashable, Codable {
    case lease, request, halt, shutdown, restart, backstop, reboot
    case targetGone = "target-gone"
    case error
}

/// Who asked.
public struct Caller: Sendable, Hashable, Codable {
    /// `unix`, or `offline` for the command that works without the daemon.
    public var via: String
    public var uid: UInt32?
    public var user: String?
    public var pid: Int32?

    /// What `via` says of the command that works without the daemon.
    public static let offline = "offline"

    public init(via: String, uid: UInt32? = nil, user: String? = nil, pid: Int32? = nil) {
        self.via = via
        self.uid = uid
        self.user = user
        self.pid = pid
    }

    public var name: String { user ?? uid.map { "uid \($0)" } ?? via }
}

/// How long, and until when.
public struct Lease: Sendable, Hashable, Codable {
    /// Nanoseconds granted at the last grant or renewal.
    public var nanoseconds: Int64
    public var grantedAt: Moment
    public var renewals: Int

    public init(_ duration: Duration, grantedAt: Moment, renewals: Int = 0) {
        nanoseconds = duration.nanoseconds
        self.grantedAt = grantedAt
        self.renewals = renewals
    }

    public var duration: Duration { .nanoseconds(nanoseconds) }
    public var deadline: Moment { grantedAt + duration }
}

/// A change with its undo, as far as it got.
public struct ChangeRecord: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Hashable, Codable {
        /// The undo is durable; the change may or may not have happened.
        case intended
        case applied
        case reverted
    }
    public var change: Change
    public var undo: Undo
    public var state: State
    public var backstop: Backstop?
    public var outcome: RevertOutcome?
    public var error: Problem?
    /// What kept it from being wholly in force when it was last looked at.
    public var drift: [String]?
    /// What its own rules had hit by then.
    public var packets: Evidence.Packets?

    public init(change: Change, undo: Undo) {
        self.change = change
        self.undo = undo
        state = .intended
    }

    public func steps(mark: String, until: Timestamp?, lease: Duration) -> [ChangeStep] {
        undo.part.stepsTaken(lease: lease) ?? change.steps(mark: mark, until: until)
    }
}

/// Everything known of one fault.
public struct FaultRecord: Sendable, Hashable, Codable {
    public var id: FaultID
    public var kind: String
    /// Normalised.
    public var spec: JSONValue
    public var state: FaultState
    public var lease: Lease
    /// The boot in which the deadline counts.
    public var bootID: String
    public var requestedBy: Caller
    public var owner: String
    public var reason: String?
    public var labels: StringMap
    public var allowIrreversible: Bool
    public var changes: [ChangeRecord]
    public var claims: [Claim]
    public var notes: [String]
    public var evidence: Evidence
    public var createdAt: Moment
    public var appliedAt: Moment?
    public var revertedAt: Moment?
    /// Nanoseconds.
    public var applyTook: Int64?
    public var revertTook: Int64?
    public var endedBy: EndCause?
    public var error: Problem?
    public var clean: Bool?
    public var drift: [String]
    /// Failed attempts to revert, in a row.
    public var revertAttempts: Int
    /// When the first of them failed.
    public var stuckSince: Timestamp?
    public var idempotencyKey: String?
    /// What was asked with that key, so that another request can't pass for it.
    public var fingerprint: String?
    /// Unconfirmed by then, the fault ends (nanoseconds since boot).
    public var confirmBy: Moment?
    /// Nil while it is still whose it was at first.
    public var takeover: Takeover?

    public init(
        id: FaultID, kind: String, spec: JSONValue, lease: Lease, bootID: String, requestedBy: Caller, owner: String, reason: String?,
        labels: StringMap, createdAt: Moment
    ) {
        self.id = id
        self.kind = kind
        self.spec = spec
        state = .applying
        self.lease = lease
        self.bootID = bootID
        self.requestedBy = requestedBy
        self.owner = owner
        self.reason = reason
        self.labels = labels
        allowIrreversible = false
        changes = []
        claims = []
        notes = []
        evidence = Evidence()
        self.createdAt = createdAt
        drift = []
        revertAttempts = 0
    }

    /// What keeps it from being wholly in force, while it should be.
    public var driftInForce: [String] { state == .active ? changes.flatMap { $0.drift ?? [] } : [] }

    /// Takes over what was seen of one of its changes. Drift is replaced: it is of now.
    public mutating func take(_ seen: Evidence, of undo: Undo) {
        evidence.merge(seen)
        guard let index = changes.firstIndex(where: { $0.undo == undo }) else { return }
        changes[index].drift = seen.drift ?? changes[index].drift
        changes[index].packets = seen.packets ?? changes[index].packets
        // A fault inside several containers has rules in each.
        evidence.packets = Evidence.Packets(all: changes.compactMap(\.packets)) ?? evidence.packets
    }

    /// When it ends by itself: the lease's end, or the confirmation's that has not come.
    public var deadline: Moment {
        guard let confirmBy, confirmBy.boot < lease.deadline.boot else { return lease.deadline }
        return confirmBy
    }
}
