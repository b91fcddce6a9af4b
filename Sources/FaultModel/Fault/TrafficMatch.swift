// Which packets a traffic fault hits or spares: each match is one u32 filter (tc-u32(8)), which looks at fixed places of a packet.

/// Ports that have these bits; a range is some of them.
public struct PortBits: Sendable, Hashable, Codable {
    public var value: UInt16
    public var mask: UInt16

    public init(value: UInt16, mask: UInt16) {
        self.value = value
        self.mask = mask
    }

    /// The fewest that together are exactly the range.
    public static func covering(_ range: PortRange) -> [PortBits] {
        var found: [PortBits] = []
        var next = UInt32(range.low)
        while next <= UInt32(range.high) {
            var size: UInt32 = next == 0 ? 0x1_0000 : next & ~(next - 1)
            while next + size - 1 > UInt32(range.high) { size >>= 1 }
            found.append(PortBits(value: UInt16(next), mask: UInt16(truncatingIfNeeded: ~(size - 1))))
            next += size
        }
        return found
    }
}

public struct TrafficMatch: Sendable, Hashable, Codable {
    public var family: IPFamily
    public var source: CIDR?
    public var destination: CIDR?
    /// Number of the IANA registry; for IPv6 that of the first header, so that packets with extension headers are not matched.
    public var proto: UInt8?
    public var sourcePorts: PortBits?
    public var destinationPorts: PortBits?
    /// Of ICMPv6.
    public var icmpType: UInt8?

    public init(
        _ family: IPFamily, source: CIDR? = nil, destination: CIDR? = nil, proto: UInt8? = nil, sourcePorts: PortBits? = nil,
        destinationPorts: PortBits? = nil, icmpType: UInt8? = nil
    ) {
        self.family = family
        self.source = source
        self.destination = destination
        self.proto = proto
        self.sourcePorts = sourcePorts
        self.destinationPorts = destinationPorts
        self.icmpType = icmpType
    }

    /// The bits of the network header and what follows it that a packet must have, 32 at a time.
    public struct Key: Sendable, Hashable {
        /// In the order of the wire, from the start of the network header.
        public var offset: Int32
        public var value: UInt32
        public var mask: UInt32

        public init(_ offset: Int32, _ value: UInt32, _ mask: UInt32) {
            self.offset = offset
            self.value = value & mask
            self.mask = mask
        }
    }

    public var keys: [Key] {
        let isFour = family == .ipv4
        var keys = Self.keys(source, at: isFour ? 12 : 8) + Self.keys(destination, at: isFour ? 16 : 24)
        if let proto { keys.append(isFour ? Key(8, UInt32(proto) << 16, 0x00FF_0000) : Key(4, UInt32(proto) << 8, 0x0000_FF00)) }
        if hasPorts {
            // Ports are there only in a header without options, and in the first fragment.
            if isFour { keys += [Key(0, 0x0500_0000, 0x0F00_0000), Key(4, 0, 0x0000_1FFF)] }
            let (source, destination) = (sourcePorts, destinationPorts)
            let value = UInt32(source?.value ?? 0) << 16 | UInt32(destination?.value ?? 0)
            keys.append(Key(isFour ? 20 : 40, value, UInt32(source?.mask ?? 0) << 16 | UInt32(destination?.mask ?? 0)))
        }
        if let icmpType { keys.append(Key(40, UInt32(icmpType) << 24, 0xFF00_0000)) }
        return keys.isEmpty ? [Key(0, 0, 0)] : keys
    }

    private var hasPorts: Bool { sourcePorts != nil || destinationPorts != nil }

    private static func keys(_ network: CIDR?, at offset: Int32) -> [Key] {
        guard let network else { return [] }
        return stride(from: 0, to: network.bytes.count, by: 4).compactMap { index in
            let bits = min(32, max(0, network.prefix - index * 8))
            let value = network.bytes[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return bits == 0 ? nil : Key(offset + Int32(index), value, bits == 32 ? .max : ~(UInt32.max >> UInt32(bits)))
        }
    }

    /// As tc takes it: `protocol ip u32 match u32 0x00060000 0x00ff0000 at 8`.
    public var text: String {
        let matches = keys.map { "match u32 0x\(Self.hex($0.value)) 0x\(Self.hex($0.mask)) at \($0.offset)" }
        return "protocol \(family == .ipv4 ? "ip" : "ipv6") u32 \(matches.joined(separator: " "))"
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
