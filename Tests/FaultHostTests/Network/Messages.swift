// Netlink messages made by hand.
import FaultModel

@testable import FaultHost

enum Message {
    static func netlink(_ type: UInt16, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
        var head = StructBytes(count: 16)
        head.set(UInt32(length ?? 16 + body.count), at: 0)
        head.set(type, at: 4)
        return head.bytes + padded(body)
    }

    static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        var head = StructBytes(count: 4)
        head.set(UInt16(4 + value.count), at: 0)
        head.set(type, at: 2)
        return padded(head.bytes + value)
    }

    /// `struct rtmsg` of a route and its attributes.
    static func route(_ family: UInt8, length: UInt8 = 0, table: UInt8 = 254, type: UInt8 = 1, _ attributes: [UInt8]) -> [UInt8] {
        [family, length, 0, 0, table, 3, 0, type, 0, 0, 0, 0] + attributes
    }

    static func hop(_ attributes: [UInt8]) -> [UInt8] {
        var head = StructBytes(count: 8)
        head.set(UInt16(8 + attributes.count), at: 0)
        return head.bytes + attributes
    }

    /// `struct inet_diag_msg`.
    static func socket(_ family: UInt8, _ local: [UInt8], _ localPort: UInt16, _ remote: [UInt8], _ remotePort: UInt16, inode: UInt32) -> [UInt8] {
        var body = StructBytes(count: 72)
        body.set(family, at: 0)
        body.set(localPort.bigEndian, at: 4)
        body.set(remotePort.bigEndian, at: 6)
        body.set(each: local, at: 8)
        body.set(each: remote, at: 24)
        body.set(inode, at: 68)
        return body.bytes
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4) }
}

extension CIDR {
    /// An address that is written right.
    static func host(_ text: String) -> CIDR {
        guard let address = CIDR(text: text) else { preconditionFailure("\(text) is no address") }
        return address
    }
}
