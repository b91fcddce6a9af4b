// The node itself going down.

public enum PowerAct: String, Sendable, Hashable, Codable {
    case reboot, poweroff, crash
}

/// One end of the node, a moment from now.
public struct PowerChange: ChangePart {
    public var act: PowerAct
    /// At once, without stopping services; a crash is never anything else.
    public var force: Bool
    /// Nanoseconds until then: so long the fault can be taken back.
    public var delay: Int64

    public init(_ act: PowerAct, force: Bool, delay: Int64) {
        self.act = act
        self.force = force
        self.delay = delay
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        let command = act == .crash ? "echo c >/proc/sysrq-trigger" : "systemctl \(act.rawValue)" + (force ? " --force" : "")
        let wait = Duration.nanoseconds(delay)
        return [ChangeStep(apply: "sleep \(Double(wait.milliseconds) / 1000) && \(command)", revert: "(called off until then; nothing after)")]
    }
}

/// Calls it off as long as it has not happened.
public struct PowerUndo: UndoPart {
    public var fault: FaultID
    public var act: PowerAct
    public var force: Bool
    public var delay: Int64
    /// What is known of how the node comes back.
    public var reasons: [String]

    public init(fault: FaultID, act: PowerAct, force: Bool, delay: Int64, reasons: [String]) {
        self.fault = fault
        self.act = act
        self.force = force
        self.delay = delay
        self.reasons = reasons
    }

    public var isHeld: Bool { false }
    public var irreversible: [String] { reasons }
    /// With the daemon goes its intention.
    public var needsBackstop: Bool { false }
    public var isForgottenByReboot: Bool { true }
    public var endsWithTheBoot: Bool { true }
}
