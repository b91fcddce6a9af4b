// The kernel's expressions: each loads into register 1, or ends the rule's evaluation unless register 1 holds what it wants.
import FaultModel

extension NetlinkBody {
    /// NFT_META_*.
    enum Meta: UInt32 {
        case inInterface = 6
        case outInterface = 7
        case family = 15
        case transport = 16
    }

    /// NFT_PAYLOAD_*.
    enum Header: UInt32 {
        case network = 1
        case transport = 2
    }

    /// NFT_CT_*.
    enum Connection: UInt32 {
        case status = 2
        case destinationPort = 12
        case destination4 = 20
        case destination6 = 22
    }

    /// NFT_CMP_*.
    enum Comparison: UInt32 { case equal = 0, notEqual, less, atMost, more, atLeast }

    private static let register: UInt32 = UInt32(1).bigEndian

    mutating func loadMeta(_ what: Meta) {
        expression("meta") {
            $0.add(2, number: what.rawValue.bigEndian)
            $0.add(1, number: Self.register)
        }
    }

    mutating func loadPayload(_ header: Header, at offset: UInt32, count: UInt32) {
        expression("payload") {
            $0.add(1, number: Self.register)
            $0.add(2, number: header.rawValue.bigEndian)
            $0.add(3, number: offset.bigEndian)
            $0.add(4, number: count.bigEndian)
        }
    }

    /// - Parameter isOriginal: of the first packet's direction, before NAT.
    mutating func loadConnection(_ what: Connection, isOriginal: Bool) {
        expression("ct") {
            $0.add(2, number: what.rawValue.bigEndian)
            $0.add(1, number: Self.register)
            if isOriginal { $0.add(3, [0]) }
        }
    }

    /// `numgen random mod N` or, for each packet the next, `numgen inc mod N`.
    mutating func loadNumber(below limit: Int, isRandom: Bool) {
        expression("numgen") {
            $0.add(1, number: Self.register)
            $0.add(2, number: UInt32(limit).bigEndian)
            $0.add(3, number: UInt32(isRandom ? 1 : 0).bigEndian)
            $0.add(4, number: UInt32(0))
        }
    }

    mutating func mask(_ bits: [UInt8]) {
        expression("bitwise") {
            $0.add(1, number: Self.register)
            $0.add(2, number: Self.register)
            $0.add(3, number: UInt32(bits.count).bigEndian)
            $0.nest(4) { $0.add(1, bits) }
            $0.nest(5) { $0.add(1, [UInt8](repeating: 0, count: bits.count)) }
        }
    }

    /// To the network's order, in which numbers compare byte by byte.
    mutating func reorderNumber() {
        expression("byteorder") {
            $0.add(1, number: Self.register)
            $0.add(2, number: Self.register)
            $0.add(3, number: UInt32(1).bigEndian)
            $0.add(4, number: UInt32(4).bigEndian)
            $0.add(5, number: UInt32(4).bigEndian)
        }
    }

    mutating func compare(_ comparison: Comparison, _ value: some Collection<UInt8>) {
        expression("cmp") {
            $0.add(1, number: Self.register)
            $0.add(2, number: comparison.rawValue.bigEndian)
            $0.nest(3) { $0.add(1, value) }
        }
    }

    mutating func compareOutside(_ low: [UInt8], _ high: [UInt8]) {
        expression("range") {
            $0.add(1, number: Self.register)
            $0.add(2, number: Comparison.notEqual.rawValue.bigEndian)
            $0.nest(3) { $0.add(1, low) }
            $0.nest(4) { $0.add(1, high) }
        }
    }

    /// - Parameter id: of a set that this transaction makes and that has no name yet.
    mutating func lookUp(_ set: String, id: UInt32? = nil, negated: Bool = false) {
        expression("lookup") {
            $0.add(2, number: Self.register)
            $0.add(1, set)
            if let id { $0.add(4, number: id.bigEndian) }
            // NFT_LOOKUP_F_INV.
            if negated { $0.add(5, number: UInt32(1).bigEndian) }
        }
    }

    mutating func count() { expression("counter") { _ in } }

    /// An immediate verdict, NF_DROP.
    mutating func drop() {
        expression("immediate") {
            $0.add(1, number: UInt32(0))
            $0.nest(2) { $0.nest(2) { $0.add(1, number: UInt32(0)) } }
        }
    }

    mutating func reject(_ reason: RejectReason, _ family: IPFamily) {
        let isReset = reason == .tcpReset
        expression("reject") {
            $0.add(1, number: UInt32(isReset ? 1 : 0).bigEndian)
            $0.add(2, [isReset ? 0 : reason.code(family)])
        }
    }

    private mutating func expression(_ name: String, _ fill: (inout NetlinkBody) -> Void) {
        nest(1) {
            $0.add(1, name)
            $0.nest(2, fill)
        }
    }
}

extension RejectReason {
    /// Of ICMP's or ICMPv6's "destination unreachable".
    fileprivate func code(_ family: IPFamily) -> UInt8 {
        switch (self, family) {
        case (.tcpReset, _), (.netUnreachable, _): 0
        case (.hostUnreachable, .ipv4), (.adminProhibited, .ipv6): 1
        case (.portUnreachable, .ipv4), (.hostUnreachable, .ipv6): 3
        case (.portUnreachable, .ipv6): 4
        case (.adminProhibited, .ipv4): 13
        }
    }
}
