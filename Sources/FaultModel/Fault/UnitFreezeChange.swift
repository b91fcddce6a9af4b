// Units whose processes stand still: the kernel's freezer, by way of systemd.

public struct UnitFreezeChange: ChangePart {
    public var units: [String]

    public init(units: [String]) { self.units = units }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        units.map { ChangeStep(apply: "systemctl freeze \($0)", revert: "systemctl thaw \($0)") }
    }
}

/// The units as they ran, none of them frozen.
public struct UnitFreezeUndo: UndoPart {
    public var fault: FaultID
    public var units: [UnitSnapshot]

    public init(fault: FaultID, units: [UnitSnapshot]) {
        self.fault = fault
        self.units = units
    }

    public var isForgottenByReboot: Bool { true }
}
