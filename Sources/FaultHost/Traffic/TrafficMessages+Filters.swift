// u32 filters: what is hit, what is spared, and the one that matches nothing and names the fault.
import FaultModel

extension TrafficMessages {
    // TCA_U32_CLASSID, TCA_U32_SEL, TCA_U32_ACT.
    private static let classAttribute: UInt16 = 1
    static let selectorAttribute: UInt16 = 5
    private static let actionAttribute: UInt16 = 7

    /// Where the packets that a filter matches go.
    enum Target {
        /// Within htb, with minor 0, past every class; at ingress on to the node.
        case classid(UInt32)
        /// Out by another interface, which sends them back to where they came in.
        case device(Int32)
    }

    static func filter(
        on index: Int32, parent: UInt32, priority: UInt16, _ match: TrafficMatch, to target: Target
    ) -> NetlinkMessage {
        filter(on: index, parent: parent, priority: priority, ethertype: match.family == .ipv4 ? 0x0800 : 0x86DD, match.keys, to: target)
    }

    /// Two keys that no packet has both, then the mark's bytes with masks of zero, which the kernel keeps and never looks at.
    static func mark(_ fault: FaultID, on index: Int32, parent: UInt32) -> NetlinkMessage {
        let text = Array(fault.mark.utf8)
        let words = stride(from: 0, to: text.count, by: 4).map { start in
            (start..<start + 4).reduce(UInt32(0)) { $0 << 8 | UInt32($1 < text.count ? text[$1] : 0) }
        }
        let never = [TrafficMatch.Key(0, 0, .max), TrafficMatch.Key(0, 1, .max)].map { ($0.offset, $0.value, $0.mask) }
        return filter(
            on: index, parent: parent, priority: Priority.mark, ethertype: 3, raw: never + words.map { (0, $0, 0) }, to: .classid(parent))
    }

    private static func filter(
        on index: Int32, parent: UInt32, priority: UInt16, ethertype: UInt16, _ keys: [TrafficMatch.Key], to target: Target
    ) -> NetlinkMessage {
        filter(
            on: index, parent: parent, priority: priority, ethertype: ethertype, raw: keys.map { ($0.offset, $0.value, $0.mask) }, to: target)
    }

    private static func filter(
        on index: Int32, parent: UInt32, priority: UInt16, ethertype: UInt16, raw keys: [(offset: Int32, value: UInt32, mask: UInt32)],
        to target: Target
    ) -> NetlinkMessage {
        var options = NetlinkBody()
        if case .classid(let id) = target { options.add(classAttribute, number: id) }
        if case .device(let device) = target { options.add(actionAttribute, redirection(to: device)) }
        options.add(selectorAttribute, selector(keys))
        var body = NetlinkBody(head(index, parent: parent, info: info(priority, ethertype)))
        body.add(kindAttribute, "u32")
        body.add(optionsAttribute, options)
        return NetlinkMessage(type: Kind.newFilter, flags: create, body: body.bytes)
    }

    static func deleteFilters(of index: Int32, parent: UInt32, priority: UInt16, ethertype: UInt16) -> NetlinkMessage {
        NetlinkMessage(type: Kind.deleteFilter, flags: change, body: head(index, parent: parent, info: info(priority, ethertype)))
    }

    /// Priority and Ethernet protocol, the latter in the order of the wire.
    static func info(_ priority: UInt16, _ ethertype: UInt16) -> UInt32 { UInt32(priority) << 16 | UInt32(ethertype.bigEndian) }

    /// `struct tc_u32_sel` with its keys; TC_U32_TERMINAL.
    private static func selector(_ keys: [(offset: Int32, value: UInt32, mask: UInt32)]) -> [UInt8] {
        var bytes = StructBytes(count: 16 + 16 * keys.count)
        bytes.set(UInt8(1), at: 0)
        bytes.set(UInt8(keys.count), at: 2)
        for (index, key) in keys.enumerated() {
            bytes.set(key.mask.bigEndian, at: 16 + 16 * index)
            bytes.set(key.value.bigEndian, at: 20 + 16 * index)
            bytes.set(key.offset, at: 24 + 16 * index)
        }
        return bytes.bytes
    }

    /// The mark in a filter's selector; nil when it is another filter.
    static func mark(inSelector bytes: UnsafeRawBufferPointer) -> FaultID? {
        guard let count = bytes.count > 2 ? Int(bytes[2]) : nil, count > 2 else { return nil }
        let values = (2..<count).flatMap { Array(Netlink.slice(bytes, 20 + 16 * $0, 24 + 16 * $0)) }
        return FaultID(mark: String(decoding: values.prefix { $0 != 0 }, as: UTF8.self))
    }

    /// `action mirred egress redirect dev …`: one action, of `struct tc_mirred`.
    private static func redirection(to device: Int32) -> NetlinkBody {
        var parameters = StructBytes(count: 28)
        // TC_ACT_STOLEN and TCA_EGRESS_REDIR.
        parameters.set(Int32(4), at: 8)
        parameters.set(Int32(1), at: 20)
        parameters.set(device, at: 24)
        var options = NetlinkBody()
        options.add(2, parameters.bytes)
        var action = NetlinkBody()
        action.add(1, "mirred")
        action.add(2, options)
        var actions = NetlinkBody()
        actions.add(1, action)
        return actions
    }
}
