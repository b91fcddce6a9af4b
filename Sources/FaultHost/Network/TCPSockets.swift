// TCP sockets as the kernel has them (sock_diag(7)): what `ss -t` shows.
import FaultModel
import Glibc

struct TCPSocket: Hashable {
    /// Networks of one host; an IPv4 connection of an IPv6 socket is IPv4.
    var local: CIDR
    var localPort: UInt16
    var remote: CIDR
    var remotePort: UInt16
    var inode: UInt32
}

enum TCPSockets {
    /// By the numbers of the kernel's include/net/tcp_states.h.
    enum State: UInt32 {
        case established = 1
        case listening = 10
    }

    /// Of both families. `inodes` keeps a long list short: only these are looked at closely; nil is every one.
    static func list(_ state: State, inodes: Set<UInt32>? = nil) throws(Problem) -> [TCPSocket] {
        var found: [TCPSocket] = []
        for family in [AF_INET, AF_INET6] {
            try NetlinkDump(family: .sockDiag, type: byFamily, body: request(family, state)).run("list TCP sockets") {
                if let socket = parse($1, inodes: inodes) { found.append(socket) }
            }
        }
        return found
    }

    /// SOCK_DIAG_BY_FAMILY.
    private static let byFamily: UInt16 = 20

    /// `struct inet_diag_req_v2`: family (1 byte), protocol (1), what else to tell (1), padding (1), states (4), a socket's identity (48).
    private static func request(_ family: Int32, _ state: State) -> [UInt8] {
        var body = StructBytes(count: 56)
        body.set(UInt8(family), at: 0)
        body.set(ProtocolMatch.tcp, at: 1)
        body.set(UInt32(1) << state.rawValue, at: 4)
        return body.bytes
    }

    /// `struct inet_diag_msg`: family (1 byte), state (1), timer (2), ports (2 and 2), addresses (16 and 16), interface (4), cookie (8), expiry (4),
    /// queues (4 and 4), user (4), inode (4). Nil for one that is too short or not among `inodes`.
    static func parse(_ body: UnsafeRawBufferPointer, inodes: Set<UInt32>? = nil) -> TCPSocket? {
        guard let inode = Netlink.load(UInt32.self, body, at: 68), inodes?.contains(inode) != false,
            let localPort = Netlink.load(UInt16.self, body, at: 4), let remotePort = Netlink.load(UInt16.self, body, at: 6),
            let local = address(body[0], Array(body[8..<24])), let remote = address(body[0], Array(body[24..<40]))
        else { return nil }
        return TCPSocket(
            local: local, localPort: UInt16(bigEndian: localPort), remote: remote, remotePort: UInt16(bigEndian: remotePort), inode: inode)
    }

    private static func address(_ family: UInt8, _ bytes: [UInt8]) -> CIDR? {
        switch Int32(family) {
        case AF_INET: return CIDR(family: .ipv4, bytes: Array(bytes.prefix(4)), prefix: 32)
        case AF_INET6:
            let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            return isMapped
                ? CIDR(family: .ipv4, bytes: Array(bytes.suffix(4)), prefix: 32) : CIDR(family: .ipv6, bytes: bytes, prefix: 128)
        default: return nil
        }
    }
}
