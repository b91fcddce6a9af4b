// Values into and out of sd-bus messages, through the calls of libsystemd that take no variable arguments.
import CSystemd

/// One method call on an object of the manager.
struct BusCall: Sendable {
    var path = "/org/freedesktop/systemd1"
    var interface = "org.freedesktop.systemd1.Manager"
    var member: String
    var arguments: [BusValue] = []

    /// A method of the manager itself.
    init(_ member: String, _ arguments: [BusValue] = []) {
        self.member = member
        self.arguments = arguments
    }

    /// One property of the manager itself; the answer is a variant.
    init(property name: String) {
        interface = "org.freedesktop.DBus.Properties"
        member = "Get"
        arguments = [.string("org.freedesktop.systemd1.Manager"), .string(name)]
    }

    /// Every property that an object has in `interface`.
    init(propertiesOf path: String, interface: String) {
        self.path = path
        self.interface = "org.freedesktop.DBus.Properties"
        member = "GetAll"
        arguments = [.string(interface)]
    }
}

/// Functions on an `sd_bus_message *`. Each of them negates libsystemd's error number into the error it throws.
enum BusMessage {
    static func append(_ value: BusValue, to message: OpaquePointer) throws(BusError) {
        switch value {
        case .byte(let number): try basic("y", number, message)
        case .bool(let flag): try basic("b", Int32(flag ? 1 : 0), message)
        case .int32(let number): try basic("i", number, message)
        case .uint32(let number): try basic("u", number, message)
        case .int64(let number): try basic("x", number, message)
        case .uint64(let number): try basic("t", number, message)
        case .double(let number): try basic("d", number, message)
        case .string(let text): try check(text.withCString { sd_bus_message_append_basic(message, type("s"), $0) }, "write text")
        case .path(let text): try check(text.withCString { sd_bus_message_append_basic(message, type("o"), $0) }, "write a path")
        case .array(let element, let elements): try container("a", element, elements, message)
        case .structure(let members): try container("r", members.map(\.signature).joined(), members, message)
        case .entry(let key, let inner): try container("e", key.signature + inner.signature, [key, inner], message)
        case .variant(let inner): try container("v", inner.signature, [inner], message)
        }
    }

    private static func basic<T>(_ letter: Unicode.Scalar, _ value: T, _ message: OpaquePointer) throws(BusError) {
        try check(withUnsafePointer(to: value) { sd_bus_message_append_basic(message, type(letter), $0) }, "write a number")
    }

    private static func container(
        _ letter: Unicode.Scalar, _ contents: String, _ members: [BusValue], _ message: OpaquePointer
    ) throws(BusError) {
        try check(sd_bus_message_open_container(message, type(letter), contents), "open a container")
        for member in members { try append(member, to: message) }
        try check(sd_bus_message_close_container(message), "close a container")
    }

    /// All values of a message, or what its container still holds.
    static func values(_ message: OpaquePointer) throws(BusError) -> [BusValue] {
        var found: [BusValue] = []
        while let value = try next(message) { found.append(value) }
        return found
    }

    private static func next(_ message: OpaquePointer) throws(BusError) -> BusValue? {
        var letter: CChar = 0
        var contents: UnsafePointer<CChar>?
        guard try check(sd_bus_message_peek_type(message, &letter, &contents), "read a type") > 0 else { return nil }
        switch Unicode.Scalar(UInt8(bitPattern: letter)) {
        case "y": return .byte(try read(letter, 0, message))
        case "b": return .bool(try read(letter, Int32(0), message) != 0)
        case "n": return .int32(Int32(try read(letter, Int16(0), message)))
        case "q": return .uint32(UInt32(try read(letter, UInt16(0), message)))
        case "i": return .int32(try read(letter, 0, message))
        case "u", "h": return .uint32(try read(letter, 0, message))
        case "x": return .int64(try read(letter, 0, message))
        case "t": return .uint64(try read(letter, 0, message))
        case "d": return .double(try read(letter, 0, message))
        case "s", "g": return .string(try text(letter, message))
        case "o": return .path(try text(letter, message))
        default: return try inside(letter, contents.map { String(cString: $0) } ?? "", message)
        }
    }

    private static func inside(_ letter: CChar, _ contents: String, _ message: OpaquePointer) throws(BusError) -> BusValue {
        try check(sd_bus_message_enter_container(message, letter, contents), "enter a container")
        let members = try values(message)
        try check(sd_bus_message_exit_container(message), "leave a container")
        switch Unicode.Scalar(UInt8(bitPattern: letter)) {
        case "a": return .array(of: contents, members)
        case "e" where members.count == 2: return .entry(members[0], members[1])
        case "v" where members.count == 1: return .variant(members[0])
        default: return .structure(members)
        }
    }

    private static func read<T>(_ letter: CChar, _ zero: T, _ message: OpaquePointer) throws(BusError) -> T {
        var value = zero
        try check(withUnsafeMutablePointer(to: &value) { sd_bus_message_read_basic(message, letter, $0) }, "read a number")
        return value
    }

    private static func text(_ letter: CChar, _ message: OpaquePointer) throws(BusError) -> String {
        var start: UnsafePointer<CChar>?
        try check(withUnsafeMutablePointer(to: &start) { sd_bus_message_read_basic(message, letter, $0) }, "read text")
        return start.map { String(cString: $0) } ?? ""
    }

    private static func type(_ letter: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: letter.value) }

    @discardableResult
    private static func check(_ code: Int32, _ doing: String) throws(BusError) -> Int32 {
        guard code >= 0 else { throw .local(doing: doing, errno: -code) }
        return code
    }
}
