// The wall clock, moved and moved back.

/// A step of the wall clock. Leases do not notice: they count on the clock that nobody sets.
public struct ClockChange: ChangePart {
    /// Nanoseconds; negative is back.
    public var offset: Int64

    public init(offset: Int64) { self.offset = offset }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        [ChangeStep(apply: Self.command(offset), revert: Self.command(-offset))]
    }

    private static func command(_ offset: Int64) -> String { "date -s '\(offset < 0 ? "-" : "+")\(Double(offset.magnitude) / 1e9) seconds'" }
}

/// How far the wall clock was ahead of CLOCK_BOOTTIME: only a step changes that, time that passes does not.
public struct ClockUndo: UndoPart {
    public var fault: FaultID
    public var offset: Int64
    /// Nanoseconds.
    public var ahead: Int64

    public init(fault: FaultID, offset: Int64, ahead: Int64) {
        self.fault = fault
        self.offset = offset
        self.ahead = ahead
    }

    /// The clock is read anew from the real-time clock, which a step does not set.
    public var isForgottenByReboot: Bool { true }
}
