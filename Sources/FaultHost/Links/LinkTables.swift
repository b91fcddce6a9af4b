// What goes away with an interface that is set down: its IPv6 addresses, static neighbours and routes (rtnetlink(7)). Reads only.
import FaultModel
import Glibc

/// One entry of the kernel's tables, as the message that makes it again.
struct LinkEntry: Sendable, Hashable {
    var kind: LinkUndo.Entry.Kind
    /// The head, without what is only true at a moment.
    var head: [UInt8]
    var attributes: [Attribute]

    struct Attribute: Sendable, Hashable {
        var type: UInt16
        var value: [UInt8]
    }

    var body: [UInt8] {
        var body = NetlinkBody(head)
        for attribute in attributes { body.add(attribute.type, attribute.value) }
        return body.bytes
    }

    func value(_ type: UInt16) -> [UInt8]? { attributes.first { $0.type == type }?.value }
    func number(_ type: UInt16) -> Int32? { value(type)?.withUnsafeBytes { Netlink.load(Int32.self, $0) } }
}

enum LinkTables {
    /// Of one kind of entry: the messages' types (new, get), the head's size, where the interface is, and what is left out.
    struct Table {
        var new: UInt16
        var get: UInt16
        var headSize: Int
        /// Attributes that count or expire.
        var volatile: Set<UInt16>
    }

    static func table(_ kind: LinkUndo.Entry.Kind) -> Table {
        switch kind {
        // `struct ifaddrmsg`; IFA_CACHEINFO is kept for what has a lifetime.
        case .address: Table(new: 20, get: 22, headSize: 8, volatile: [])
        // `struct ndmsg`; NDA_CACHEINFO, NDA_PROBES.
        case .neighbour: Table(new: 28, get: 30, headSize: 12, volatile: [3, 4])
        // `struct rtmsg`; RTA_CACHEINFO, RTA_EXPIRES.
        case .route: Table(new: 24, get: 26, headSize: 12, volatile: [12, 23])
        }
    }

    // RTA_OIF, RTA_GATEWAY, RTA_MULTIPATH, RTA_VIA, RTA_NH_ID.
    static let (outgoing, gateway, multipath, via, nexthop): (UInt16, UInt16, UInt16, UInt16, UInt16) = (4, 5, 9, 18, 30)

    /// In the order in which they can be made: a gateway must be reachable before a route goes by it.
    static func entries(of index: Int32) throws(Problem) -> [LinkEntry] {
        let routes = try list(.route).filter { $0.number(outgoing) == index && isLost($0) }
        let isDirect = { (route: LinkEntry) in route.value(gateway) == nil && route.value(via) == nil }
        return try list(.address).filter { isOn(index, $0, at: 4) && isLostAddress($0) }
            + list(.neighbour).filter { isOn(index, $0, at: 4) && isStatic($0) }
            + routes.filter(isDirect) + routes.filter { !isDirect($0) }
    }

    static func list(_ kind: LinkUndo.Entry.Kind) throws(Problem) -> [LinkEntry] {
        var found: [LinkEntry] = []
        let table = table(kind)
        try NetlinkDump(family: .route, type: table.get, body: [UInt8](repeating: 0, count: table.headSize)).run("list \(kind.rawValue)s") {
            if $0 == table.new, let entry = parse(kind, $1) { found.append(entry) }
        }
        return found
    }

    static func parse(_ kind: LinkUndo.Entry.Kind, _ body: UnsafeRawBufferPointer) -> LinkEntry? {
        let table = table(kind)
        guard body.count >= table.headSize else { return nil }
        var head = StructBytes(Array(body.prefix(table.headSize)))
        // Of a route's flags only those that a person sets: RTNH_F_ONLINK and RTNH_F_PERVASIVE.
        if kind == .route { head.set((Netlink.load(UInt32.self, body, at: 8) ?? 0) & 0x6, at: 8) }
        let attributes = Netlink.attributes(Netlink.slice(body, table.headSize, body.count))
        return LinkEntry(
            kind: kind, head: head.bytes,
            attributes: attributes.filter { !table.volatile.contains($0.type & 0x3FFF) }.map { .init(type: $0.type, value: Array($0.value)) })
    }

    private static func isOn(_ index: Int32, _ entry: LinkEntry, at offset: Int) -> Bool {
        entry.head.withUnsafeBytes { Netlink.load(Int32.self, $0, at: offset) } == index
    }

    /// IPv4 addresses stay. The kernel makes temporary ones itself (IFA_F_TEMPORARY).
    private static func isLostAddress(_ entry: LinkEntry) -> Bool { Int32(entry.head[0]) == AF_INET6 && entry.head[2] & 0x01 == 0 }

    /// NUD_PERMANENT.
    private static func isStatic(_ entry: LinkEntry) -> Bool {
        entry.head.withUnsafeBytes { Netlink.load(UInt16.self, $0, at: 8) ?? 0 } & 0x80 != 0
    }

    /// Unicast (1), and neither from a redirect (1) nor from a router's advertisement (9), which come again by themselves.
    private static func isLost(_ entry: LinkEntry) -> Bool { entry.head[7] == 1 && ![1, 9].contains(entry.head[5]) }

    /// Why what goes away with the interface could not be put back exactly; nil when it can.
    static func obstacle(of link: LinkSight, among links: [LinkSight]) throws(Problem) -> String? {
        if let upper = links.first(where: { $0.lower == link.index && $0.index != link.index && $0.isUp && $0.kind != "veth" }) {
            return "\(upper.name) sits on it and would go down with it"
        }
        for route in try list(.route) {
            let isMine = route.number(outgoing) == link.index
            if isMine, route.value(nexthop) != nil { return "a route of it goes by a nexthop object, which the kernel deletes with it" }
            if let hops = route.value(multipath), interfaces(hops).contains(link.index) { return "a route goes by it and by other ways (multipath)" }
        }
        return nil
    }

    /// `struct rtnexthop`: length (2 bytes), flags and weight (1 each), interface (4).
    static func interfaces(_ hops: [UInt8]) -> [Int32] {
        hops.withUnsafeBytes { bytes in
            var found: [Int32] = []
            var rest = bytes
            while let length = Netlink.load(UInt16.self, rest).map(Int.init), length >= 8, length <= rest.count {
                if let index = Netlink.load(Int32.self, rest, at: 4) { found.append(index) }
                rest = Netlink.slice(rest, Netlink.aligned(length), rest.count)
            }
            return found
        }
    }
}
