// Acts on units that are done once: a signal to their processes, a restart.

/// Units that are hit now, and run again when the fault ends.
public struct UnitActChange: ChangePart {
    public enum Act: Sendable, Hashable, Codable {
        case kill(Signal, whom: UnitProcesses)
        case restart
    }
    public var act: Act
    public var units: [String]
    /// Active units that may go down along with them; started again with them.
    public var dependents: [String]

    public init(act: Act, units: [String], dependents: [String] = []) {
        self.act = act
        self.units = units
        self.dependents = dependents
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        units.map { ChangeStep(apply: command($0), revert: "systemctl start \($0) (if it is not back by itself)") }
            + dependents.map { ChangeStep(apply: "(may go down with it) \($0)", revert: "systemctl start \($0) (if it is down)") }
    }

    private func command(_ unit: String) -> String {
        switch act {
        case .kill(let signal, let whom): "systemctl kill --kill-whom=\(whom.rawValue) --signal=\(signal.rawValue) \(unit)"
        case .restart: "systemctl restart \(unit)"
        }
    }
}

/// Which of a unit's processes a signal goes to, in the words of `systemctl kill --kill-whom=`.
public enum UnitProcesses: String, SpecWord, Sendable, Hashable {
    case main
    case control
    case all
}

/// The units as they ran. Reverting starts those that ran and do not any more.
public struct UnitActUndo: UndoPart {
    public var fault: FaultID
    public var act: UnitActChange.Act
    /// Those that are hit.
    public var units: [UnitSnapshot]
    /// Those that may go down along with them.
    public var dependents: [UnitSnapshot]
    /// By unit: its main process, where it has one.
    public var mainPIDs: [String: Int]
    /// Units made at run time: the manager forgets them once they are down.
    public var transient: [String]

    public init(
        fault: FaultID, act: UnitActChange.Act, units: [UnitSnapshot], dependents: [UnitSnapshot] = [], mainPIDs: [String: Int] = [:],
        transient: [String] = []
    ) {
        self.fault = fault
        self.act = act
        self.units = units
        self.dependents = dependents
        self.mainPIDs = mainPIDs
        self.transient = transient
    }

    /// systemd starts what is enabled, whatever ran when the node went down.
    public var isForgottenByReboot: Bool { true }
    public var isHeld: Bool { false }
    public var irreversible: [String] {
        transient.map { "\($0) was made at run time (systemd-run) and is forgotten once it is down: it could not be started again" }
    }

    /// Everything that ran then.
    public var running: [UnitSnapshot] { (units + dependents).filter(\.wasActive) }
}
