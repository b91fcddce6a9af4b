// One connection of sd-bus. Everything here runs on the bus's thread.
import CSystemd
import Glibc

/// Sends, receives and says what it waits for. It ends with its last reference.
final class BusConnection {
    private let raw: OpaquePointer
    private var slots: [OpaquePointer] = []
    private static let manager = "org.freedesktop.systemd1"

    init(to address: BusAddress, for bus: Bus) throws(BusError) {
        var made: OpaquePointer?
        guard sd_bus_new(&made) >= 0, let made else { throw .local(doing: "make a bus object", errno: ENOMEM) }
        raw = made
        try check(sd_bus_set_address(raw, address.text), "read the address \(address.text)")
        try check(sd_bus_set_bus_client(raw, address.isDirect ? 0 : 1), "choose how to speak")
        try check(sd_bus_start(raw), "connect")
        try listen(bus, isDirect: address.isDirect)
    }

    deinit {
        for slot in slots { sd_bus_slot_unref(slot) }
        sd_bus_close_unref(raw)
    }

    /// Matches first, so that no signal of a job that we start is missed; and on a shared bus the manager must be asked to send any.
    private func listen(_ bus: Bus, isDirect: Bool) throws(BusError) {
        let sender = isDirect ? nil : Self.manager
        let context = Unmanaged.passUnretained(bus).toOpaque()
        try match(sender, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "JobRemoved", busJobRemoved, context)
        try match(sender, nil, "org.freedesktop.DBus.Properties", "PropertiesChanged", busPropertiesChanged, context)
        if !isDirect { try subscribe() }
    }

    private func subscribe() throws(BusError) {
        let message = try message(BusCall("Subscribe"))
        defer { sd_bus_message_unref(message) }
        sd_bus_message_set_expect_reply(message, 0)
        try check(sd_bus_send(raw, message, nil), "subscribe")
    }

    private func match(
        _ sender: String?, _ path: String?, _ interface: String, _ member: String, _ handler: @escaping sd_bus_message_handler_t,
        _ context: UnsafeMutableRawPointer
    ) throws(BusError) {
        var slot: OpaquePointer?
        try check(sd_bus_match_signal_async(raw, &slot, sender, path, interface, member, handler, nil, context), "listen for \(member)")
        if let slot { slots.append(slot) }
    }

    /// The reply, or the end of the connection, goes to the call's bus. libsystemd's own time limit is off: it does not count while it
    /// still connects.
    func send(_ pending: PendingCall) throws(BusError) {
        let message = try message(pending.call)
        defer { sd_bus_message_unref(message) }
        var slot: OpaquePointer?
        let context = Unmanaged.passUnretained(pending).toOpaque()
        try check(sd_bus_call_async(raw, &slot, message, busReplied, context, UInt64.max), "send \(pending.call.member)")
        pending.holds(slot)
    }

    /// The caller lets go of the message.
    private func message(_ call: BusCall) throws(BusError) -> OpaquePointer {
        var made: OpaquePointer?
        try check(sd_bus_message_new_method_call(raw, &made, Self.manager, call.path, call.interface, call.member), "make a message")
        guard let made else { throw .local(doing: "make a message", errno: ENOMEM) }
        do throws(BusError) {
            for value in call.arguments { try BusMessage.append(value, to: made) }
            return made
        } catch {
            sd_bus_message_unref(made)
            throw error
        }
    }

    /// Does all there is to do. False when the connection has ended.
    func process() -> Bool {
        while true {
            let code = sd_bus_process(raw, nil)
            if code == 0 { return sd_bus_is_open(raw) > 0 }
            if code < 0 { return false }
        }
    }

    /// Whether the other end has ever answered.
    var isReady: Bool { sd_bus_is_ready(raw) > 0 }

    /// What the connection waits for.
    var wait: BusWait {
        var microseconds = UInt64.max
        sd_bus_get_timeout(raw, &microseconds)
        let deadline = microseconds == UInt64.max ? nil : Int64(clamping: microseconds).multipliedReportingOverflow(by: 1000)
        return BusWait(
            socket: sd_bus_get_fd(raw), events: Int16(truncatingIfNeeded: sd_bus_get_events(raw)),
            deadline: deadline.map { $0.overflow ? Int64.max : $0.partialValue })
    }

    private func check(_ code: Int32, _ doing: String) throws(BusError) {
        if code < 0 { throw .local(doing: doing, errno: -code) }
    }
}
