// A DNS query as it passes by: read from the packet, and never trusted.
import FaultModel

/// An unfragmented UDP packet that asks one question (RFC 1035 sections 4.1.1 and 4.1.2).
struct NameQuery: Hashable {
    var family: IPFamily
    var source: [UInt8]
    var destination: [UInt8]
    var sourcePort: UInt16
    var destinationPort: UInt16
    /// Of the message, from its id up to the end of its question.
    var message: [UInt8]
    /// In lower case.
    var labels: [String]
    /// Such as 1 for A; see `RecordType`.
    var type: UInt16

    private static let headSize = 12

    /// - Parameter packet: from the IP header on.
    /// - Returns: nil for everything that is not such a query.
    init?(packet: [UInt8]) {
        guard let ip = IPPacket(packet), ip.proto == ProtocolMatch.udp, let udp = ip.payload, udp.count >= 8 else { return nil }
        let words = { (offset: Int) in UInt16(udp[udp.startIndex + offset]) << 8 | UInt16(udp[udp.startIndex + offset + 1]) }
        let length = Int(words(4))
        guard (8...udp.count).contains(length) else { return nil }
        (family, source, destination) = (ip.family, ip.source, ip.destination)
        (sourcePort, destinationPort) = (words(0), words(2))
        guard let question = Self.question(Array(udp.dropFirst(8).prefix(length - 8))) else { return nil }
        (message, labels, type) = question
    }

    private static func question(_ bytes: [UInt8]) -> (message: [UInt8], labels: [String], type: UInt16)? {
        // Neither an answer nor of another operation than a query, and one question.
        guard bytes.count > headSize, bytes[2] & 0xF8 == 0, bytes[4] == 0, bytes[5] == 1 else { return nil }
        var (labels, place): ([String], Int) = ([], headSize)
        while place < bytes.count, bytes[place] > 0 {
            let length = Int(bytes[place])
            // A pointer has the two highest bits set, and no question needs one.
            guard length <= 63, place + 1 + length < bytes.count, place - headSize + length < 255 else { return nil }
            labels.append(String(decoding: bytes[place + 1..<place + 1 + length], as: UTF8.self).lowercased())
            place += 1 + length
        }
        // The root's label, the type and the class, which is 1 for the Internet.
        guard place + 5 <= bytes.count, !labels.isEmpty, bytes[place + 3] == 0, bytes[place + 4] == 1 else { return nil }
        return (Array(bytes[..<(place + 5)]), labels, UInt16(bytes[place + 1]) << 8 | UInt16(bytes[place + 2]))
    }
}

/// What an IP header tells.
private struct IPPacket {
    var family: IPFamily
    var proto: UInt8
    var source: [UInt8]
    var destination: [UInt8]
    /// Nil for a fragment.
    var payload: ArraySlice<UInt8>?

    init?(_ bytes: [UInt8]) {
        switch (bytes.first ?? 0) >> 4 {
        case 4:
            let head = Int(bytes[0] & 0xF) * 4
            guard head >= 20, bytes.count >= head else { return nil }
            (family, proto) = (.ipv4, bytes[9])
            (source, destination) = (Array(bytes[12..<16]), Array(bytes[16..<20]))
            // The bit of more to come, and the offset.
            payload = bytes[6] & 0x3F == 0 && bytes[7] == 0 ? bytes[head...] : nil
        case 6:
            guard bytes.count >= 40 else { return nil }
            (family, proto) = (.ipv6, bytes[6])
            (source, destination) = (Array(bytes[8..<24]), Array(bytes[24..<40]))
            payload = bytes[40...]
        default: return nil
        }
    }
}
