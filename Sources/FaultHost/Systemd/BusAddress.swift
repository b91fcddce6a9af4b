// Where the manager listens.
import Glibc

/// An address of sd-bus with the way it is spoken to.
struct BusAddress: Sendable, Hashable, CustomStringConvertible {
    /// Such as `unix:path=/run/systemd/private` (the D-Bus specification, "Server Addresses").
    var text: String
    /// The manager itself is at the other end: no Hello, no names, no matches to install, and every signal arrives unasked.
    var isDirect: Bool

    init(_ text: String) {
        self.text = text
        isDirect = text.hasSuffix("/systemd/private")
    }

    /// Only root may connect here. No dbus-daemon is needed, so it works early, late and while D-Bus itself is the fault's target.
    static let manager = BusAddress("unix:path=/run/systemd/private")
    static let systemBus = BusAddress("unix:path=/run/dbus/system_bus_socket")

    /// The manager's own socket comes first: it also answered twice as fast, and its JobRemoved and PropertiesChanged signals need no
    /// Subscribe (systemd's `bus_foreach_bus` sends to direct connections always).
    static var usual: [BusAddress] { geteuid() == 0 ? [manager, systemBus] : [systemBus] }

    var description: String { text.hasPrefix("unix:path=") ? String(text.dropFirst("unix:path=".count)) : text }
}
