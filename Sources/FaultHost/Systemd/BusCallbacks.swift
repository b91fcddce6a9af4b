// The callbacks of sd-bus. They run on the bus's thread, so the actor may be entered at once; a message is read before that, because it
// is valid only here.
import CSystemd

/// A signal of the manager, as far as anybody here waits for it.
enum BusSignal: Sendable {
    /// A job ended, with the manager's word for how.
    case jobRemoved(path: String, result: String)
    /// Properties of the object at this path changed.
    case changed(path: String)
}

/// `userdata` is the `PendingCall`.
func busReplied(_ message: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<sd_bus_error>?) -> Int32 {
    guard let message, let context else { return 0 }
    let pending = Unmanaged<PendingCall>.fromOpaque(context).takeUnretainedValue()
    let (id, bus, result) = (pending.id, pending.bus, outcome(of: message))
    bus.assumeIsolated { $0.finish(id, result) }
    return 0
}

private func outcome(of message: OpaquePointer) -> Result<[BusValue], BusError> {
    guard let error = sd_bus_message_get_error(message) else { return Result { () throws(BusError) in try BusMessage.values(message) } }
    let name = error.pointee.name.map { String(cString: $0) } ?? ""
    let text = error.pointee.message.map { String(cString: $0) } ?? name
    switch name {
    // Both from libsystemd when the connection ends, and from dbus-daemon when the manager goes away.
    case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Disconnected": return .failure(.disconnected)
    case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner": return .failure(.unreachable(text))
    default: return .failure(.refused(name: name, message: text))
    }
}

/// `userdata` is the `Bus`.
func busJobRemoved(_ message: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<sd_bus_error>?) -> Int32 {
    guard let message, let values = try? BusMessage.values(message), values.count >= 4, let path = values[1].text, let result = values[3].text
    else { return 0 }
    deliver(.jobRemoved(path: path, result: result), context)
    return 0
}

/// `userdata` is the `Bus`.
func busPropertiesChanged(
    _ message: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
    guard let message, let path = sd_bus_message_get_path(message) else { return 0 }
    deliver(.changed(path: String(cString: path)), context)
    return 0
}

private func deliver(_ signal: BusSignal, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<Bus>.fromOpaque(context).takeUnretainedValue().assumeIsolated { $0.received(signal) }
}
