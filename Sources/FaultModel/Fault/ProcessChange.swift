// Signals to processes, and what takes them back.

/// Something done to processes, each pinned so that no other can be hit in its place.
public struct ProcessChange: ChangePart {
    public enum Action: Sendable, Hashable, Codable {
        case signal(Signal)
        /// SIGSTOP, until SIGCONT.
        case pause
    }
    public var action: Action
    public var targets: [ProcessPin]

    public init(action: Action, targets: [ProcessPin]) {
        self.action = action
        self.targets = targets
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        targets.map { pin in
            switch action {
            case .pause: ChangeStep(apply: "kill -STOP \(pin.title)", revert: "kill -CONT \(pin.title)")
            case .signal(let signal): ChangeStep(apply: "kill -\(signal.rawValue) \(pin.title)", revert: restart(of: pin))
            }
        }
    }

    private func restart(of pin: ProcessPin) -> String {
        if let unit = pin.unit { return "systemctl start \(unit) (if it is not back by itself)" }
        return pin.supervisor.map { "(\($0) runs again)" } ?? "(nothing starts it again)"
    }
}

/// The processes that were hit, and the units that ran with them.
public struct ProcessUndo: UndoPart {
    public var fault: FaultID
    public var action: ProcessChange.Action
    public var targets: [ProcessPin]
    /// Services that ended with a process and are started again if nothing else has.
    public var units: [UnitSnapshot]

    public init(fault: FaultID, action: ProcessChange.Action, targets: [ProcessPin], units: [UnitSnapshot] = []) {
        self.fault = fault
        self.action = action
        self.targets = targets
        self.units = units
    }

    public var isHeld: Bool { action == .pause }
    /// What nothing can undo needs nobody to do it. The timer ends the whole fault: a container that ended with a process is started by it too.
    public var needsBackstop: Bool { action == .pause || targets.contains { $0.supervisor != nil } }
    public var isForgottenByReboot: Bool { true }

    public var irreversible: [String] {
        guard case .signal = action else { return [] }
        return targets.filter { $0.supervisor == nil }.map { "nothing is known that would start process \($0.title) again" }
    }

    public var outlook: [String] {
        guard case .signal = action else { return [] }
        return targets.compactMap { pin in
            pin.unit.map { "process \(pin.title): \($0) goes down with it; systemd acts by its Restart=, and at the end it is started if it is down" }
        }
    }
}

extension Claim {
    public static func process(_ pin: ProcessPin) -> Claim { .init("process:\(pin.pid)/\(pin.startTicks)") }
}
