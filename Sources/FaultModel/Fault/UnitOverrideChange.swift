// Files that outrank a unit's own until they are removed: a link that masks it, a drop-in that limits it.

/// One file for each unit, below /run, where a reboot forgets it.
public struct UnitOverrideChange: ChangePart {
    public enum Override: Sendable, Hashable, Codable {
        /// The unit can't be started; one that runs goes on running.
        case mask
        /// Resource control (systemd.resource-control(5)), at once and over restarts.
        case limits([UnitLimit])
    }
    public var override: Override
    public var units: [String]

    public init(_ override: Override, units: [String]) {
        self.override = override
        self.units = units
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        let fault = mark.dropFirst(FaultID.markPrefix.count)
        return units.map { unit in
            switch override {
            case .mask:
                let link = UnitOverrideFile.link(of: unit)
                return ChangeStep(apply: "ln -s /dev/null \(link); systemctl daemon-reload", revert: "rm \(link); systemctl daemon-reload")
            case .limits(let limits):
                return ChangeStep(
                    apply: "systemctl set-property --runtime \(unit) \(limits.map(\.text).joined(separator: " "))",
                    revert: "rm \(UnitOverrideFile.folder(of: unit))/\(UnitOverrideFile.dropInName(String(fault))); systemctl daemon-reload")
            }
        }
    }
}

/// Removes the files that carry the fault's mark.
public struct UnitOverrideUndo: UndoPart {
    public var fault: FaultID
    public var override: UnitOverrideChange.Override
    public var units: [UnitSnapshot]
    /// What the manager said of the limited properties before, by unit and property.
    public var before: [String: [String: String]]
    /// Units whose folder of drop-ins was there before.
    public var hadFolder: [String]

    public init(
        fault: FaultID, override: UnitOverrideChange.Override, units: [UnitSnapshot], before: [String: [String: String]] = [:],
        hadFolder: [String] = []
    ) {
        self.fault = fault
        self.override = override
        self.units = units
        self.before = before
        self.hadFolder = hadFolder
    }

    /// /run is empty after a boot.
    public var isForgottenByReboot: Bool { true }
}

/// Where those files are. /run/systemd/system.control outranks /etc/systemd/system, which /run/systemd/system does not
/// (systemd.unit(5), "Unit File Load Path"; `systemctl mask --runtime` uses the latter and does nothing for a unit file in /etc).
public enum UnitOverrideFile {
    public static let control = "/run/systemd/system.control"
    /// Not below /run/faultd, which goes away when the daemon is stopped.
    public static let marks = "/run/systemd/faultd"

    /// A link to the fault's mark, which is a link to /dev/null.
    public static func link(of unit: String) -> String { "\(control)/\(unit)" }
    public static func mark(of fault: FaultID) -> String { "\(marks)/\(fault.text)" }

    public static func folder(of unit: String) -> String { "\(control)/\(unit).d" }
    /// Drop-ins apply in the order of their names, and ours is to have the last word.
    public static func dropInName(_ fault: String) -> String { "zz-faultd-\(fault).conf" }
    public static func dropIn(of unit: String, _ fault: FaultID) -> String { "\(folder(of: unit))/\(dropInName(fault.text))" }
}
