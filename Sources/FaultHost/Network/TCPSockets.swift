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

    /// Of both families, in one walk through the kernel's table. `isWanted` is asked by local port and keeps a long list short.
    static func list(_ state: State, where isWanted: (UInt16) -> Bool = { _ in true }) throws(Problem) -> [TCPSocket] {
        var found: [TCPSocket] = []
        try NetlinkDump(family: .sockDiag, type: anyFamily, body: request(state)).run("list TCP sockets") {
            if let socket = parse($1, where: isWanted) { found.append(socket) }
        }
        return found
    }

    /// TCPDIAG_GETSOCK, whose dump heeds no family; that of SOCK_DIAG_BY_FAMILY would have to be asked once for each.
    private static let anyFamily: UInt16 = 18

    /// `struct inet_diag_req`: family (1 byte), lengths of addresses (1 and 1), what else to tell (1), a socket's identity (48), states (4),
    /// details (4).
    private static func request(_ state: State) -> [UInt8] {
        var body = StructBytes(count: 60)
        body.set(UInt32(1) << state.rawValue, at: 52)
        return body.bytes
    }

    /// `struct inet_diag_msg`: family (1 byte), state (1), timer (2), ports (2 and 2), addresses (16 and 16), interface (4), cookie (8), expiry (4),
    /// queues (4 and 4), user (4), inode (4). Nil for one that is too short or not wanted.
    static func parse(_ body: UnsafeRawBufferPointer, where isWanted: (UInt16) -> Bool = { _ in true }) -> TCPSocket? {
        guard let inode = Netlink.load(UInt32.self, body, at: 68), let localPort = Netlink.load(UInt16.self, body, at: 4),
            isWanted(UInt16(bigEndian: localPort)), let remotePort = Netlink.load(UInt16.self, body, at: 6),
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
