// Interfaces over rtnetlink(7): `struct ifinfomsg` of the kernel's include/uapi/linux/rtnetlink.h and its attributes of if_link.h.
import FaultModel
import Glibc

/// An interface as the kernel tells it.
struct LinkSight: Sendable, Hashable {
    var index: Int32
    var name: String
    var flags: UInt32
    /// `veth`, `ifb`, `vlan`; nil for a device of hardware.
    var kind: String?
    /// A text that whoever made it has put there (`ip link set … alias`).
    var alias: String?
    /// The interface that it sits on, or whose other end it is.
    var lower: Int32?

    var isUp: Bool { flags & UInt32(IFF_UP) != 0 }
    var isLoopback: Bool { flags & UInt32(IFF_LOOPBACK) != 0 }
}

enum LinkMessages {
    // RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK.
    private static let new: UInt16 = 16
    private static let delete: UInt16 = 17
    private static let get: UInt16 = 18

    // IFLA_IFNAME, IFLA_LINK, IFLA_LINKINFO with IFLA_INFO_KIND, IFLA_IFALIAS.
    private static let name: UInt16 = 3
    private static let lower: UInt16 = 5
    private static let info: UInt16 = 18
    private static let infoKind: UInt16 = 1
    private static let alias: UInt16 = 20

    /// Family, padding, hardware type (4 bytes together), index, flags, which flags to change (4 each).
    private static let headSize = 16

    private static func head(_ index: Int32, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        var head = StructBytes(count: headSize)
        head.set(index, at: 4)
        head.set(flags, at: 8)
        head.set(change, at: 12)
        return head.bytes
    }

    /// `ip link add NAME type ifb`.
    static func makeDevice(_ device: String) -> NetlinkMessage {
        var kind = NetlinkBody()
        kind.add(infoKind, "ifb")
        var body = NetlinkBody(head(0))
        body.add(name, device)
        body.add(info, kind)
        return NetlinkMessage(type: new, flags: TrafficMessages.create, body: body.bytes)
    }

    /// `ip link set dev … alias TEXT`.
    static func name(_ index: Int32, alias text: String) -> NetlinkMessage {
        var body = NetlinkBody(head(index))
        body.add(alias, Array(text.utf8))
        return NetlinkMessage(type: new, flags: TrafficMessages.change, body: body.bytes)
    }

    /// `ip link set dev … up`, or down.
    static func set(_ index: Int32, up: Bool) -> NetlinkMessage {
        let flag = UInt32(IFF_UP)
        return NetlinkMessage(type: new, flags: TrafficMessages.change, body: head(index, flags: up ? flag : 0, change: flag))
    }

    static func remove(_ index: Int32) -> NetlinkMessage { NetlinkMessage(type: delete, flags: TrafficMessages.change, body: head(index)) }

    /// Every interface of the calling thread's namespace.
    static func list() throws(Problem) -> [LinkSight] {
        var found: [LinkSight] = []
        try NetlinkDump(family: .route, type: get, body: head(0)).run("list the network interfaces") {
            if $0 == new, let link = parse($1) { found.append(link) }
        }
        return found
    }

    static func parse(_ body: UnsafeRawBufferPointer) -> LinkSight? {
        guard let index = Netlink.load(Int32.self, body, at: 4), let flags = Netlink.load(UInt32.self, body, at: 8) else { return nil }
        let attributes = Netlink.slice(body, headSize, body.count)
        return LinkSight(
            index: index, name: attributes.attribute(name)?.zeroTerminated ?? "", flags: flags,
            kind: attributes.attribute(info)?.attribute(infoKind)?.zeroTerminated, alias: attributes.attribute(alias)?.zeroTerminated,
            lower: attributes.attribute(lower).flatMap { Netlink.load(Int32.self, $0) })
    }
}

extension NetlinkMessage {
    /// Sends it and waits for the kernel's word.
    func perform(_ doing: String) throws(Problem) { _ = try perform(doing, unless: []) }

    /// The same where some errors are no trouble.
    /// - Returns: whether it was done.
    func perform(_ doing: String, unless harmless: [Int32]) throws(Problem) -> Bool {
        let answer = try answer(doing)
        if answer.code == 0 { return true }
        if harmless.contains(answer.code) { return false }
        throw Problem(.hostFailure, "could not \(doing): \(String(cString: strerror(answer.code)))\(answer.words.map { " (\($0))" } ?? "")")
    }

    func answer(_ doing: String) throws(Problem) -> (code: Int32, words: String?) {
        let socket = try NetlinkSocket(.route, doing)
        try socket.send(self)
        return try socket.answer()
    }
}
