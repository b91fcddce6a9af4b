// A unit's properties as the manager has them (org.freedesktop.systemd1(5), interface org.freedesktop.systemd1.Unit).
import FaultModel

struct UnitProperties: Sendable {
    private let all: [String: BusValue]

    /// - Parameter reply: what `GetAll` answered.
    init(_ reply: [BusValue]) { all = reply.first?.dictionary ?? [:] }

    /// The unit's own name, also when it was asked for by an alias.
    var name: String { text("Id") }
    var aliases: [String] { texts("Names").filter { $0 != name } }
    var description: String { text("Description") }
    var loadState: String { text("LoadState") }
    var activeState: String { text("ActiveState") }
    var subState: String { text("SubState") }
    var unitFileState: String { text("UnitFileState") }
    var isLoaded: Bool { loadState == "loaded" }
    var isUp: Bool { ["active", "activating", "reloading"].contains(activeState) }
    /// Up, and not just on its way there.
    var isRunning: Bool { ["active", "reloading"].contains(activeState) }
    var isStopping: Bool { activeState == "deactivating" }
    /// A start or stop is under way or waits for its turn.
    var hasJob: Bool { (all["Job"]?.elements.first?.number ?? 0) != 0 }
    /// As `systemctl status` has it: `inactive (dead)`.
    var state: String { "\(activeState) (\(subState))" }

    var triggeredBy: [String] { texts("TriggeredBy") }
    var triggers: [String] { texts("Triggers") }
    /// Units that restart it whenever it is down (`Upholds=`).
    var upheldBy: [String] { texts("UpheldBy") }
    /// Units that a stop of this one stops as well: those with the atom PROPAGATE_STOP in systemd's unit-dependency-atom.c.
    var stopsAlong: [String] { ["RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf", "PropagatesStopTo"].flatMap(texts) }
    /// Units that a start of this one starts as well: those with the atom PULL_IN_START.
    var pullsIn: [String] { ["Requires", "Wants", "BindsTo", "Upholds"].flatMap(texts) }
    /// Units that keep it needed, for `StopWhenUnneeded=`.
    var neededBy: [String] { ["RequiredBy", "RequisiteOf", "BoundBy", "WantedBy", "UpheldBy"].flatMap(texts) }
    var stopsWhenUnneeded: Bool { flag("StopWhenUnneeded") }

    var canStart: Bool { flag("CanStart") }
    var canStop: Bool { flag("CanStop") }
    /// Of a service: whether the manager may kill what does not stop in time.
    var mayBeKilled: Bool { flag("SendSIGKILL") }
    /// Made by a program at run time (`systemd-run`): forgotten once it has stopped.
    var isTransient: Bool { flag("Transient") }
    /// Whether its `Condition…=` held when it was last started.
    var conditionsHold: Bool { flag("ConditionResult") || number("ConditionTimestampMonotonic") == 0 }

    /// 32 hexadecimal digits, or nothing for a unit that the manager never started itself.
    var invocationID: String { (all["InvocationID"]?.elements ?? []).compactMap(\.number).map(Self.hex).joined() }

    /// How long it had been down when it last became active; nil if it was never down.
    var downTime: Duration? {
        let (down, up) = (number("InactiveEnterTimestampMonotonic"), number("ActiveEnterTimestampMonotonic"))
        guard down > 0, up >= down else { return nil }
        return .microseconds(Int64(clamping: up - down))
    }

    /// As text, whatever its type; nil where this unit or this manager has no such property.
    func plain(_ key: String) -> String? { all[key]?.plain }

    func text(_ key: String) -> String { all[key]?.text ?? "" }
    func flag(_ key: String) -> Bool { all[key]?.flag ?? false }
    func number(_ key: String) -> UInt64 { all[key]?.number ?? 0 }
    func texts(_ key: String) -> [String] { (all[key]?.elements ?? []).compactMap(\.text) }
    private static func hex(_ byte: UInt64) -> String { String(byte >> 4 & 15, radix: 16) + String(byte & 15, radix: 16) }
}

extension UnitSnapshot {
    init(_ unit: UnitProperties) {
        self.init(
            name: unit.name, loadState: unit.loadState, activeState: unit.activeState, subState: unit.subState,
            unitFileState: unit.unitFileState, invocationID: unit.invocationID)
    }
}

/// A unit's object path: letters and digits stay, any other byte becomes `_` and two hexadecimal digits (sd_bus_path_encode(3)).
func unitPath(_ name: String) -> String {
    let label = name.utf8.enumerated().map { index, byte in
        let isDigit = (48...57).contains(byte)
        let isLetter = (65...90).contains(byte) || (97...122).contains(byte)
        if isLetter || (isDigit && index > 0) { return String(UnicodeScalar(byte)) }
        return "_" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    return "/org/freedesktop/systemd1/unit/" + label.joined()
}
