// The messages of traffic control: layouts of the kernel's include/uapi/linux/pkt_sched.h, pkt_cls.h and rtnetlink.h.
import FaultModel

enum TrafficMessages {
    /// Types of messages.
    enum Kind {
        static let newQdisc: UInt16 = 36
        static let deleteQdisc: UInt16 = 37
        static let getQdisc: UInt16 = 38
        static let newClass: UInt16 = 40
        static let newFilter: UInt16 = 44
        static let deleteFilter: UInt16 = 45
        static let getFilter: UInt16 = 46
    }

    /// What qdiscs and classes are called by: 16 bits before the colon and 16 behind.
    enum Handle {
        static let root: UInt32 = 0xFFFF_FFFF
        /// The parent of an interface's ingress or clsact qdisc, which itself is `ffff:`.
        static let ingressParent: UInt32 = 0xFFFF_FFF1
        static let ingress: UInt32 = 0xFFFF_0000
        static let ours: UInt32 = 0xFA17_0000
        static let faulted: UInt32 = 0xFA17_0001
        static let leaf: UInt32 = 0xFA18_0000
    }

    /// Of filters; one number for each protocol, as the kernel wants it. The mark comes first, then what is spared, then what is hit.
    enum Priority {
        static let mark: UInt16 = 1
        static func spared(_ family: IPFamily) -> UInt16 { family == .ipv4 ? 2 : 3 }
        static func hit(_ family: IPFamily) -> UInt16 { family == .ipv4 ? 4 : 5 }
        static let ours: ClosedRange<UInt16> = 1...5
    }

    // NLM_F_REQUEST | NLM_F_ACK, and NLM_F_EXCL | NLM_F_CREATE: what is there is never replaced.
    static let change: UInt16 = 0x5
    static let create: UInt16 = 0x605

    // TCA_KIND, TCA_OPTIONS.
    static let kindAttribute: UInt16 = 1
    static let optionsAttribute: UInt16 = 2

    /// `struct tcmsg`: family (1 byte, padded to 4), interface, handle, parent, info (4 each).
    static let headSize = 20

    static func head(_ index: Int32, handle: UInt32 = 0, parent: UInt32 = 0, info: UInt32 = 0) -> [UInt8] {
        var head = StructBytes(count: headSize)
        head.set(index, at: 4)
        head.set(handle, at: 8)
        head.set(parent, at: 12)
        head.set(info, at: 16)
        return head.bytes
    }

    private static func message(_ type: UInt16, _ head: [UInt8], _ kind: String, _ options: [UInt8]?) -> NetlinkMessage {
        var body = NetlinkBody(head)
        body.add(kindAttribute, kind)
        if let options { body.add(optionsAttribute, options) }
        return NetlinkMessage(type: type, flags: create, body: body.bytes)
    }

    // MARK: qdiscs

    /// `tc qdisc add dev … root handle fa17: htb default CLASS direct_qlen 1000`: what no filter chose goes by as if there were no qdisc.
    static func root(on index: Int32, defaultClass: UInt32) -> NetlinkMessage {
        // `struct tc_htb_glob`: version, rate to quantum, default class, debug, direct packets.
        var glob = StructBytes(count: 20)
        glob.set(each: [3, 10, defaultClass] as [UInt32], at: 0)
        var options = NetlinkBody()
        options.add(2, glob.bytes)
        options.add(5, number: UInt32(1000))
        return message(Kind.newQdisc, head(index, handle: Handle.ours, parent: Handle.root), "htb", options.bytes)
    }

    static func leaf(on index: Int32, _ shape: TrafficShape) -> NetlinkMessage {
        let head = head(index, handle: Handle.leaf, parent: Handle.faulted)
        switch shape {
        case .netem(let shape): return message(Kind.newQdisc, head, "netem", NetemOptions.bytes(shape))
        case .rate(let shape): return message(Kind.newQdisc, head, "tbf", bucket(shape))
        }
    }

    /// TCA_TBF_PARMS, `struct tc_tbf_qopt`: two `struct tc_ratespec`, limit, the time that a burst takes, and that of a peak; TCA_TBF_RATE64 and
    /// TCA_TBF_BURST.
    private static func bucket(_ shape: RateShape) -> [UInt8] {
        let rate = max(1, shape.rate.bytesPerSecond)
        var parameters = StructBytes(count: 36)
        setRate(&parameters, rate, at: 0)
        parameters.set(each: [shape.limit.count, time(of: UInt64(shape.burst.count), at: rate)], at: 24)
        var options = NetlinkBody()
        options.add(1, parameters.bytes)
        if rate > UInt64(UInt32.max) { options.add(4, number: rate) }
        options.add(6, number: shape.burst.count)
        return options.bytes
    }

    static func ingress(on index: Int32) -> NetlinkMessage {
        message(Kind.newQdisc, head(index, handle: Handle.ingress, parent: Handle.ingressParent), "ingress", nil)
    }

    static func deleteRoot(of index: Int32) -> NetlinkMessage {
        NetlinkMessage(type: Kind.deleteQdisc, flags: change, body: head(index, handle: Handle.ours, parent: Handle.root))
    }

    static func deleteIngress(of index: Int32) -> NetlinkMessage {
        NetlinkMessage(type: Kind.deleteQdisc, flags: change, body: head(index, handle: Handle.ingress, parent: Handle.ingressParent))
    }

    // MARK: the class

    /// `tc class add dev … parent fa17: classid fa17:1 htb rate 32gbit burst …`: no limit, only the way to the leaf.
    static func faultedClass(on index: Int32) -> NetlinkMessage {
        let (rate, burst) = (UInt64(4_000_000_000), UInt64(400_000_000))
        // `struct tc_htb_opt`: two `struct tc_ratespec`, the time that a burst takes (twice), quantum, level, priority.
        var parameters = StructBytes(count: 44)
        for start in [0, 12] { setRate(&parameters, rate, at: start) }
        parameters.set(each: [time(of: burst, at: rate), time(of: burst, at: rate), quantum], at: 24)
        var options = NetlinkBody()
        options.add(1, parameters.bytes)
        return message(Kind.newClass, head(index, handle: Handle.faulted, parent: Handle.ours), "htb", options.bytes)
    }

    /// `struct tc_ratespec` with the link layer Ethernet: then the kernel wants no table of rates.
    private static func setRate(_ bytes: inout StructBytes, _ rate: UInt64, at start: Int) {
        bytes.set(UInt8(1), at: start + 1)
        bytes.set(UInt32(clamping: rate), at: start + 8)
    }

    private static func time(of bytes: UInt64, at rate: UInt64) -> UInt32 { ticks(UInt64((Double(bytes) * 1e9 / Double(rate)).rounded(.up))) }

    /// Bytes that a class may send in its turn; there is only one class.
    private static let quantum: UInt32 = 60_000

    /// The unit of the kernel's packet scheduler, 64 ns (PSCHED_SHIFT).
    static func ticks(_ nanoseconds: UInt64) -> UInt32 { UInt32(clamping: nanoseconds >> 6) }
}
