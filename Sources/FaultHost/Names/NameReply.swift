// The answer to a DNS query, as the packet that its server would have sent.
import FaultModel

/// Types of records (RFC 1035 section 3.2.2, RFC 3596).
enum RecordType {
    static let a: UInt16 = 1
    static let aaaa: UInt16 = 28
    static let any: UInt16 = 255
}

struct NameReply {
    let query: NameQuery
    let answers: [DNSAnswer]

    /// Seconds for which an answer may be kept: caches forget soon after the fault.
    private static let lifetime: UInt8 = 1
    /// Hops that the packet may take.
    private static let hops: UInt8 = 64

    /// The message (RFC 1035 section 4.1). Without an authority's record nobody may keep that a name does not exist (RFC 2308 section 5).
    var message: [UInt8] {
        let code: UInt8 =
            switch answers.first {
            case .nxdomain: 3
            case .servfail: 2
            case .timeout, .address, nil: 0
            }
        let records = answers.compactMap(record)
        var head = Array(query.message[..<12])
        // An answer to that query, recursion wanted as it was; recursion was available.
        head[2] = 0x80 | (head[2] & 0x79)
        head[3] = 0x80 | (head[3] & 0x10) | code
        head.replaceSubrange(6..<12, with: [0, UInt8(records.count), 0, 0, 0, 0])
        return head + query.message[12...] + records.joined()
    }

    /// Nil for an address of the family that was not asked for: there is none of the other.
    private func record(_ answer: DNSAnswer) -> [UInt8]? {
        guard case .address(let address) = answer else { return nil }
        let type = address.family == .ipv4 ? RecordType.a : RecordType.aaaa
        guard query.type == type || query.type == RecordType.any else { return nil }
        // The name is that of the question, at 12.
        return [0xC0, 12] + Self.bytes(type) + [0, 1, 0, 0, 0, Self.lifetime] + Self.bytes(UInt16(address.bytes.count)) + address.bytes
    }

    /// From the IP header on; the kernel itself fills in the checksum of an IPv4 header.
    var packet: [UInt8] {
        let message = message
        let length = Self.bytes(UInt16(8 + message.count))
        var udp = Self.bytes(query.destinationPort) + Self.bytes(query.sourcePort) + length + [0, 0] + message
        let (source, destination) = (query.destination, query.source)
        let sum = Self.checksum(source + destination + [0, ProtocolMatch.udp] + length + udp)
        udp.replaceSubrange(6..<8, with: Self.bytes(sum == 0 ? 0xFFFF : sum))
        let head: [UInt8] =
            query.family == .ipv4
            ? [0x45, 0] + Self.bytes(UInt16(20 + udp.count)) + [0, 0, 0x40, 0, Self.hops, ProtocolMatch.udp, 0, 0]
            : [0x60, 0, 0, 0] + length + [ProtocolMatch.udp, Self.hops]
        return head + source + destination + udp
    }

    private static func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    /// The Internet checksum (RFC 1071).
    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
