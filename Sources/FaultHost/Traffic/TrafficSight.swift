// What there is of traffic control on an interface, as `tc qdisc show` and `tc filter show` tell it. Reads only.
import FaultModel

struct QdiscSight: Sendable, Hashable {
    var index: Int32
    var qdisc: TrafficUndo.Qdisc
    var bytes: Int64
    var packets: Int64
    var drops: Int64

    var isRoot: Bool { qdisc.parent == TrafficMessages.Handle.root }
    var isIngress: Bool { qdisc.parent == TrafficMessages.Handle.ingressParent }
    /// A root qdisc that this mechanism has made.
    var isOurs: Bool { isRoot && qdisc.handle == TrafficMessages.Handle.ours && qdisc.kind == "htb" }
    /// The kernel's own choice, which it makes again when another one goes.
    var isDefault: Bool { qdisc.handle == 0 }
}

struct FilterSight: Sendable, Hashable {
    var priority: UInt16
    var mark: FaultID?

    var isOurs: Bool { TrafficMessages.Priority.ours.contains(priority) }
}

enum TrafficSight {
    // TCA_STATS2 with TCA_STATS_BASIC (bytes, packets) and TCA_STATS_QUEUE (length, backlog, drops, requeues, overlimits).
    private static let statistics: UInt16 = 7
    private static let basic: UInt16 = 1
    private static let queue: UInt16 = 3

    /// Of every interface of the calling thread's namespace.
    static func qdiscs() throws(Problem) -> [QdiscSight] {
        var found: [QdiscSight] = []
        try NetlinkDump(family: .route, type: TrafficMessages.Kind.getQdisc, body: TrafficMessages.head(0)).run("list qdiscs") {
            if $0 == TrafficMessages.Kind.newQdisc, let qdisc = parse($1) { found.append(qdisc) }
        }
        return found
    }

    static func qdiscs(of index: Int32) throws(Problem) -> [QdiscSight] { try qdiscs().filter { $0.index == index } }

    /// Those that the direction is about.
    static func qdiscs(of index: Int32, _ direction: TrafficDirection) throws(Problem) -> [QdiscSight] {
        try qdiscs(of: index).filter { $0.isIngress == (direction == .in) }
    }

    static func parse(_ body: UnsafeRawBufferPointer) -> QdiscSight? {
        guard let index = Netlink.load(Int32.self, body, at: 4), let handle = Netlink.load(UInt32.self, body, at: 8),
            let parent = Netlink.load(UInt32.self, body, at: 12)
        else { return nil }
        let attributes = Netlink.slice(body, TrafficMessages.headSize, body.count)
        guard let kind = attributes.attribute(TrafficMessages.kindAttribute)?.zeroTerminated else { return nil }
        let counted = attributes.attribute(statistics)
        let sent = counted?.attribute(basic)
        return QdiscSight(
            index: index, qdisc: .init(kind: kind, handle: handle, parent: parent),
            bytes: Int64(clamping: sent.flatMap { Netlink.load(UInt64.self, $0) } ?? 0),
            packets: Int64(sent.flatMap { Netlink.load(UInt32.self, $0, at: 8) } ?? 0),
            drops: Int64(counted?.attribute(queue).flatMap { Netlink.load(UInt32.self, $0, at: 8) } ?? 0))
    }

    /// The filters of one qdisc; of u32 those that match something, not the tables that they are in.
    static func filters(of index: Int32, parent: UInt32) throws(Problem) -> [FilterSight] {
        var found: [FilterSight] = []
        let body = TrafficMessages.head(index, parent: parent)
        try NetlinkDump(family: .route, type: TrafficMessages.Kind.getFilter, body: body).run("list filters") {
            if $0 == TrafficMessages.Kind.newFilter, let filter = filter($1) { found.append(filter) }
        }
        return found
    }

    private static func filter(_ body: UnsafeRawBufferPointer) -> FilterSight? {
        guard let info = Netlink.load(UInt32.self, body, at: 16) else { return nil }
        let attributes = Netlink.slice(body, TrafficMessages.headSize, body.count)
        let isU32 = attributes.attribute(TrafficMessages.kindAttribute)?.zeroTerminated == "u32"
        let selector = attributes.attribute(TrafficMessages.optionsAttribute)?.attribute(TrafficMessages.selectorAttribute)
        if isU32, selector == nil { return nil }
        return FilterSight(priority: UInt16(info >> 16), mark: selector.flatMap(TrafficMessages.mark(inSelector:)))
    }

    /// Whose the filters are, by their mark.
    static func owner(of index: Int32, parent: UInt32) throws(Problem) -> FaultID? {
        try filters(of: index, parent: parent).compactMap(\.mark).first
    }

    static func link(_ index: Int32) throws(Problem) -> LinkSight? { try LinkMessages.list().first { $0.index == index } }

    /// The device of a fault's incoming packets.
    static func device(_ mark: String) throws(Problem) -> LinkSight? {
        let name = TrafficChange.device(mark: mark)
        return try LinkMessages.list().first { $0.name == name && $0.isOurDevice && ($0.alias ?? mark) == mark }
    }
}

extension LinkSight {
    /// A device that this mechanism has made, whether or not it has got its alias yet.
    var isOurDevice: Bool { kind == "ifb" && name.count == 14 && name.hasPrefix("faultd") }
}

extension TrafficUndo.Qdisc {
    /// `htb 1:`.
    var text: String { "\(kind) \(String(handle >> 16, radix: 16)):" }
}
