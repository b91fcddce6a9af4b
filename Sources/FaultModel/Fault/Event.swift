// What happened, in order, for those who watch.

/// One entry of the event stream.
public struct Event: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case daemonStarted = "daemon.started"
        case daemonStopping = "daemon.stopping"
        case faultApplying = "fault.applying"
        case faultActive = "fault.active"
        case faultRenewed = "fault.renewed"
        case faultConfirmed = "fault.confirmed"
        case faultTakenOver = "fault.taken-over"
        case faultEvidence = "fault.evidence"
        /// It is active and not wholly in force, or no longer for the same reasons.
        case faultDrift = "fault.drift"
        case faultDriftOver = "fault.drift-over"
        case faultRepeated = "fault.repeated"
        case faultReverting = "fault.reverting"
        case faultReverted = "fault.reverted"
        case faultFailed = "fault.failed"
        case faultStuck = "fault.stuck"
        case haltSet = "halt.set"
        case haltLifted = "halt.lifted"
        case orphanRemoved = "orphan.removed"
        case clockStepped = "clock.stepped"
    }
    /// Counts up by one; the stream's `id`, and what `Last-Event-ID` resumes after.
    public var seq: Int64
    public var type: Kind
    public var at: Timestamp
    public var fault: FaultID?
    /// One line for a person.
    public var message: String
    /// Such as what `evidence` changed.
    public var data: JSONValue?

    public init(seq: Int64 = 0, type: Kind, at: Timestamp, fault: FaultID? = nil, message: String, data: JSONValue? = nil) {
        self.seq = seq
        self.type = type
        self.at = at
        self.fault = fault
        self.message = message
        self.data = data
    }
}

/// Everything is reverted and nothing new is accepted until it is lifted.
public struct Halt: Sendable, Hashable, Codable {
    public var by: Caller
    public var at: Timestamp
    public var reason: String?

    public init(by: Caller, at: Timestamp, reason: String?) {
        self.by = by
        self.at = at
        self.reason = reason
    }
}
