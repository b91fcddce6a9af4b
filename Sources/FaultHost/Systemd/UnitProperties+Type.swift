// Properties that only some types of units have, and those that tell where a unit comes from.
import FaultModel

extension UnitProperties {
    /// The manager's interface for units of this type: `org.freedesktop.systemd1.Service`.
    static func interface(of unit: String) -> String {
        let type = unit.split(separator: ".").last ?? "service"
        return "org.freedesktop.systemd1." + type.prefix(1).uppercased() + type.dropFirst()
    }

    /// Of a service: 0 when it has none.
    var mainPID: Int { Int(clamping: number("MainPID")) }
    /// Below the root of the cgroup hierarchy; empty for a unit that does not run.
    var controlGroup: String { text("ControlGroup") }
    var freezerState: String { text("FreezerState") }
    var canFreeze: Bool { flag("CanFreeze") }
    var fragmentPath: String { text("FragmentPath") }
    var dropInPaths: [String] { texts("DropInPaths") }
    /// When it last became active, in the nanoseconds of `monotonicNow`.
    var activeSince: Int64 { Int64(clamping: number("ActiveEnterTimestampMonotonic")) * 1000 }
}

extension Systemd {
    /// What the manager knows of a unit by its type.
    func details(_ name: String) async throws(BusError) -> UnitProperties {
        UnitProperties(try await bus.call(BusCall(propertiesOf: unitPath(name), interface: UnitProperties.interface(of: name))))
    }

    /// The units by their own names, or the problem that one is not there.
    func present(_ names: [String]) async throws(Problem) -> [UnitProperties] {
        let units = try await asking(to: "read the units' states") { () throws(BusError) in try await read(names) }
        if let missing = units.first(where: { $0.loadState == "not-found" }) {
            throw Problem(.noSuchUnit, "there is no unit \(missing.name) on this node")
        }
        return units
    }
}

extension BusValue {
    /// As text, to compare and to show: `100000`, `/dev/sda 1000000`.
    var plain: String {
        switch self {
        case .byte(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .int32(let value): "\(value)"
        case .uint32(let value): "\(value)"
        case .int64(let value): "\(value)"
        case .uint64(let value): value == .max ? "infinity" : "\(value)"
        case .double(let value): "\(value)"
        case .string(let text), .path(let text): text
        case .array(_, let elements), .structure(let elements): elements.map(\.plain).joined(separator: " ")
        case .entry(let key, let value): "\(key.plain)=\(value.plain)"
        case .variant(let inner): inner.plain
        }
    }
}
