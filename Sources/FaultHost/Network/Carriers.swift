// Which interfaces a node can't do without: those that its default routes and its ssh peers are reached by.
import FaultModel
import Glibc

enum Carriers {
    /// `ip route show default` and `ip route get PEER`: index of the interface to why.
    static func list(sshPeers: [SSHPeer]) throws(Problem) -> [Int32: [String]] {
        var found: [Int32: [String]] = [:]
        for route in try LinkTables.list(.route) where route.head[1] == 0 && route.head[4] == 254 && route.head[7] == 1 {
            let single = [route.number(LinkTables.outgoing)].compactMap { $0 }
            for index in single + (route.value(LinkTables.multipath).map(LinkTables.interfaces) ?? []) {
                if found[index] == nil { found[index] = ["the default route goes by it"] }
            }
        }
        for peer in sshPeers {
            let why = "ssh from \(peer.address.text) comes by it"
            guard let index = try interface(to: peer.address), found[index]?.contains(why) != true else { continue }
            found[index, default: []].append(why)
        }
        return found
    }

    /// Nil where nothing leads.
    private static func interface(to address: CIDR) throws(Problem) -> Int32? {
        var head = StructBytes(count: LinkTables.table(.route).headSize)
        head.set(UInt8(address.family == .ipv4 ? AF_INET : AF_INET6), at: 0)
        head.set(UInt8(address.prefix), at: 1)
        var body = NetlinkBody(head.bytes)
        body.add(1, address.bytes)
        let socket = try NetlinkSocket(.route, "look up the way to \(address.text)")
        try socket.send(NetlinkMessage(type: LinkTables.table(.route).get, flags: 0x5, body: body.bytes))
        var index: Int32?
        _ = try socket.answer { index = $0 == LinkTables.table(.route).new ? LinkTables.parse(.route, $1)?.number(LinkTables.outgoing) : index }
        return index
    }
}

extension Network {
    /// The interfaces, each with why the node can't do without it.
    func interfaces(sshPeers: [SSHPeer]) async throws(Problem) -> [NetworkInterface] {
        var found = try interfaces()
        let carriers = try await kernel.run { () throws(Problem) in try Carriers.list(sshPeers: sshPeers) }
        for (index, reasons) in carriers {
            var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
            guard if_indextoname(UInt32(index), &name) != nil else { continue }
            let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            for place in found.indices where found[place].name == text { found[place].carries = reasons }
        }
        return found
    }
}
