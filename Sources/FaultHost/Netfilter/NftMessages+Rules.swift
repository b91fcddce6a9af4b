// Rules: put first in their chain with the fault's mark, found and deleted by handle.
import FaultModel

extension NftMessages {
    /// `nft insert rule inet faultd CHAIN …`, with the sets that its ports may need.
    mutating func insert(_ rule: PacketRule, _ fault: NftablesFault) {
        let sets = NftPortSets(source: addPortSet(rule.sourcePorts, fault.shard), destination: addPortSet(rule.destinationPorts, fault.shard))
        add(.newRule, [.create, .echo]) { body in
            body.add(1, NftablesFault.table(fault.shard))
            body.add(2, NftablesFault.chain(rule.chain))
            body.nest(4) { $0.add(rule, alive: fault.alive, sets) }
            body.add(7, NftComment.bytes(fault.fault.mark))
        }
    }

    mutating func deleteRule(_ rule: NftHandle, _ shard: Int) { add(.deleteRule) { Self.name(rule, shard, &$0) } }

    mutating func getRule(_ rule: NftHandle, _ shard: Int) { add(.getRule) { Self.name(rule, shard, &$0) } }

    private static func name(_ rule: NftHandle, _ shard: Int, _ body: inout NetlinkBody) {
        body.add(1, NftablesFault.table(shard))
        body.add(2, rule.chain)
        body.add(3, number: rule.number.bigEndian)
    }

    /// A set without a name, `{ 80, 8000-8099 }`, that comes and goes with the rule.
    /// - Returns: the number by which the rule finds it in this transaction; nil when one comparison does.
    private mutating func addPortSet(_ match: PortMatch?, _ shard: Int) -> UInt32? {
        guard let match, match.ranges.count > 1 else { return nil }
        let elements = NftPortElement.all(match.ranges)
        let (id, isOfRanges) = (count, match.ranges.contains { $0.low != $0.high })
        func name(_ body: inout NetlinkBody) {
            body.add(1, NftablesFault.table(shard))
            body.add(2, NftPortSets.name)
        }
        add(.newSet, .create) { body in
            name(&body)
            // NFT_SET_ANONYMOUS, _CONSTANT and _INTERVAL; ports, by nft's number for them, of two bytes in the network's order.
            body.add(3, number: UInt32(isOfRanges ? 7 : 3).bigEndian)
            body.add(4, number: UInt32(13).bigEndian)
            body.add(5, number: UInt32(2).bigEndian)
            body.add(10, number: id.bigEndian)
            body.nest(9) { $0.add(1, number: UInt32(elements.count).bigEndian) }
            body.add(13, [0, 4, 2, 0, 0, 0])
        }
        add(.newElement, .create) { body in
            name(&body)
            body.add(4, number: id.bigEndian)
            body.nest(3) { list in
                for element in elements { list.nest(1) { element.write(&$0) } }
            }
        }
        return id
    }
}

/// A rule's place in the kernel.
struct NftHandle: Hashable {
    var chain: String
    var number: UInt64
}

/// What nft(8) keeps with a rule and shows as `comment "…"`: type (1 byte), length (1), a text that ends with a zero.
enum NftComment {
    static func bytes(_ text: String) -> [UInt8] { [0, UInt8(text.utf8.count + 1)] + Array(text.utf8) + [0] }

    static func text(_ userdata: UnsafeRawBufferPointer) -> String? {
        var rest = userdata
        while rest.count >= 2 {
            let value = Netlink.slice(rest, 2, 2 + Int(rest[1]))
            if rest[0] == 0 { return value.zeroTerminated }
            rest = Netlink.slice(rest, 2 + Int(rest[1]), rest.count)
        }
        return nil
    }
}

/// Sets of this transaction that hold a rule's ports.
struct NftPortSets {
    var source: UInt32?
    var destination: UInt32?

    /// The kernel puts a number in.
    static let name = "__set%d"
}

/// An element of such a set: a port, or the first or the first after a range.
struct NftPortElement {
    var port: UInt16
    var isEnd = false
    /// The last range reaches the last port, so that nothing ends it.
    var isOpen = false

    static func all(_ ranges: [PortRange]) -> [NftPortElement] {
        if ranges.allSatisfy({ $0.low == $0.high }) { return Set(ranges.map(\.low)).sorted().map { NftPortElement(port: $0) } }
        let joined = join(ranges)
        let before = joined[0].low > 0 ? [NftPortElement(port: 0, isEnd: true)] : []
        return before
            + joined.flatMap { range in
                range.high == .max
                    ? [NftPortElement(port: range.low, isOpen: true)]
                    : [NftPortElement(port: range.low), NftPortElement(port: range.high + 1, isEnd: true)]
            }
    }

    /// In their order, with those that touch as one.
    private static func join(_ ranges: [PortRange]) -> [PortRange] {
        ranges.sorted { $0.low < $1.low }.reduce(into: []) { joined, range in
            if let last = joined.last, Int(range.low) <= Int(last.high) + 1 {
                joined[joined.count - 1].high = max(last.high, range.high)
            } else {
                joined.append(range)
            }
        }
    }

    func write(_ body: inout NetlinkBody) {
        // NFT_SET_ELEM_INTERVAL_END.
        if isEnd { body.add(3, number: UInt32(1).bigEndian) }
        body.nest(1) { $0.add(1, number: port.bigEndian) }
        if isOpen { body.add(6, [1, 4, 1, 0, 0, 0]) }
    }
}
