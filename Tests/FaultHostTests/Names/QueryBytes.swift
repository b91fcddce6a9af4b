// DNS queries as bytes, for tests.
import FaultModel

@testable import FaultHost

enum QueryBytes {
    /// A question, with an EDNS record behind it as resolvers send it.
    static func message(_ name: String, type: UInt16 = RecordType.a, flags: UInt8 = 1) -> [UInt8] {
        [0xAB, 0xCD, flags, 0, 0, 1, 0, 0, 0, 0, 0, 1] + wire(name) + [UInt8(type >> 8), UInt8(type & 0xFF), 0, 1] + [
            0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0,
        ]
    }

    /// In the letters that it is given in.
    static func wire(_ name: String) -> [UInt8] { name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0] }

    static func udp(_ message: [UInt8]) -> [UInt8] { [0x9C, 0x40, 0, 53, 0, UInt8(8 + message.count), 0, 0] + message }

    /// From 10.0.0.5, port 40000, to 10.0.0.53.
    static func ipv4(_ message: [UInt8], options: [UInt8] = []) -> [UInt8] {
        let udp = udp(message)
        return [0x45 + UInt8(options.count / 4), 0, 0, UInt8(20 + options.count + udp.count), 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 5, 10, 0, 0, 53]
            + options + udp
    }

    /// From fd00::5, port 40000, to fd00::53.
    static func ipv6(_ message: [UInt8]) -> [UInt8] {
        let udp = udp(message)
        let address = { (last: UInt8) in [0xFD] + [UInt8](repeating: 0, count: 14) + [last] }
        return [0x60, 0, 0, 0, 0, UInt8(udp.count), 17, 64] + address(5) + address(0x53) + udp
    }
}
