// One call to systemd over D-Bus and the signal that its job is done: what systemctl and faultd both are made of.
import CSystemd
import Glibc

/// `systemctl stop UNIT` and `start` without the program.
final class BareBus: Contender {
    static let title = "one D-Bus call alone"
    let name = BareBus.title
    private let bus: OpaquePointer
    private let unit: String
    private static let manager = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")

    init(unit: String) throws {
        var opened: OpaquePointer?
        guard sd_bus_open_system(&opened) >= 0, let bus = opened else { throw Failure("the system bus does not answer") }
        self.bus = bus
        self.unit = unit
        guard sd_bus_add_match(bus, nil, "type='signal',interface='\(Self.manager.2)',member='JobRemoved'", { _, _, _ in 0 }, nil) >= 0 else {
            throw Failure("the system bus takes no match")
        }
        _ = try call("Subscribe", [])
    }

    deinit { sd_bus_flush_close_unref(bus) }

    func put(_ number: Int) throws { try wait(for: try call("StopUnit", [unit, "replace"])) }
    func take(_ number: Int) throws { try wait(for: try call("StartUnit", [unit, "replace"])) }

    /// What it answers: a job's path.
    private func call(_ method: String, _ arguments: [String]) throws -> String {
        var message: OpaquePointer?
        guard sd_bus_message_new_method_call(bus, &message, Self.manager.0, Self.manager.1, Self.manager.2, method) >= 0 else {
            throw Failure("could not call \(method)")
        }
        defer { sd_bus_message_unref(message) }
        for argument in arguments { sd_bus_message_append_basic(message, CChar(bitPattern: UInt8(ascii: "s")), argument) }
        var reply: OpaquePointer?
        guard sd_bus_call(bus, message, 0, nil, &reply) >= 0 else { throw Failure("systemd refused \(method)") }
        defer { sd_bus_message_unref(reply) }
        return arguments.isEmpty ? "" : Self.text(reply, "o")
    }

    private func wait(for job: String) throws {
        while true {
            var message: OpaquePointer?
            guard sd_bus_process(bus, &message) >= 0 else { throw Failure("the system bus went away") }
            defer { sd_bus_message_unref(message) }
            guard let message else {
                _ = sd_bus_wait(bus, UInt64.max)
                continue
            }
            guard sd_bus_message_is_signal(message, Self.manager.2, "JobRemoved") > 0 else { continue }
            sd_bus_message_rewind(message, 1)
            var number: UInt32 = 0
            sd_bus_message_read_basic(message, CChar(bitPattern: UInt8(ascii: "u")), &number)
            if Self.text(message, "o") == job { return }
        }
    }

    private static func text(_ message: OpaquePointer?, _ type: Unicode.Scalar) -> String {
        var text: UnsafePointer<CChar>?
        sd_bus_message_read_basic(message, CChar(bitPattern: UInt8(ascii: type)), &text)
        return text.map { String(cString: $0) } ?? ""
    }
}
