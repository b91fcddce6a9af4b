// Default gateways (rtnetlink(7)): what `ip route show default` and `ip -6 route show default` say of the main table.
import FaultModel
import Glibc

enum Routes {
    /// Of both families, each once.
    static func gateways() throws(Problem) -> [CIDR] {
        var found: [CIDR] = []
        for family in [AF_INET, AF_INET6] {
            // A router holds millions of routes in this table at worst: the dump has its time limit.
            try NetlinkDump(family: .route, type: getRoute, body: request(family), isStrict: true).run("list routes") {
                if $0 == newRoute { found += parse($1).filter { !found.contains($0) } }
            }
        }
        return found
    }

    private static func request(_ family: Int32) -> [UInt8] {
        var body = StructBytes(count: headSize)
        body.set(UInt8(family), at: 0)
        body.set(mainTable, at: 4)
        return body.bytes
    }

    // RTM_NEWROUTE, RTM_GETROUTE.
    private static let newRoute: UInt16 = 24
    private static let getRoute: UInt16 = 26
    /// `struct rtmsg`: family, lengths of destination and source, type of service, table, protocol, scope, type (1 byte each), flags (4).
    private static let headSize = 12
    // RT_TABLE_MAIN, RTN_UNICAST.
    private static let mainTable: UInt8 = 254
    private static let unicast: UInt8 = 1

    // Of `enum rtattr_type_t`.
    private static let gateway: UInt16 = 5
    private static let multipath: UInt16 = 9
    private static let via: UInt16 = 18

    /// The gateways of one route, if it is a default route.
    static func parse(_ body: UnsafeRawBufferPointer) -> [CIDR] {
        guard body.count >= headSize, body[1] == 0, body[4] == mainTable, body[7] == unicast else { return [] }
        return gateways(Netlink.slice(body, headSize, body.count), Int32(body[0]))
    }

    private static func gateways(_ attributes: UnsafeRawBufferPointer, _ family: Int32) -> [CIDR] {
        Netlink.attributes(attributes).flatMap { type, value -> [CIDR] in
            switch type {
            case gateway: [address(family, value)].compactMap { $0 }
            // `struct rtvia`: the family, then the address. IPv4 by way of an IPv6 neighbour.
            case via: [address(Int32(Netlink.load(UInt16.self, value) ?? 0), Netlink.slice(value, 2, value.count))].compactMap { $0 }
            case multipath: hops(value, family)
            default: []
            }
        }
    }

    /// `struct rtnexthop`: length (2 bytes), flags and weight (1 each), interface (4); each has attributes of its own.
    private static func hops(_ bytes: UnsafeRawBufferPointer, _ family: Int32) -> [CIDR] {
        var found: [CIDR] = []
        var rest = bytes
        while let length = Netlink.load(UInt16.self, rest).map(Int.init), length >= 8, length <= rest.count {
            found += gateways(Netlink.slice(rest, 8, length), family)
            rest = Netlink.slice(rest, Netlink.aligned(length), rest.count)
        }
        return found
    }

    private static func address(_ family: Int32, _ bytes: UnsafeRawBufferPointer) -> CIDR? {
        family == AF_INET
            ? CIDR(family: .ipv4, bytes: Array(bytes.prefix(4)), prefix: 32) : CIDR(family: .ipv6, bytes: Array(bytes), prefix: 128)
    }
}
