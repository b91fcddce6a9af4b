// Aborting TCP connections by sock_diag(7): what `ss -K` does.
import CLinux
import FaultModel
import Glibc

/// A connection, with the identity by which the kernel finds it again.
struct TCPConnection {
    var socket: TCPSocket
    var family: UInt8
    /// `struct inet_diag_sockid`: ports, addresses, interface and a cookie that no other socket ever gets.
    var identity: [UInt8]

    /// Of the calling thread's network, in those states in which a program holds one and waits: established, opening, and left by the other end.
    static func list() throws(Problem) -> [TCPConnection] {
        var found: [TCPConnection] = []
        for family in [AF_INET, AF_INET6] {
            try NetlinkDump(family: .sockDiag, type: SocketRequest.byFamily, body: SocketRequest.body(UInt8(family), states: states))
                .run("list TCP connections") { _, body in
                    if let connection = TCPConnection(body) { found.append(connection) }
                }
        }
        return found
    }

    // Bits by the numbers of the kernel's include/net/tcp_states.h: ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT.
    private static let states: UInt32 = [1, 2, 3, 4, 5, 8].reduce(0) { $0 | 1 << $1 }

    private init?(_ body: UnsafeRawBufferPointer) {
        guard let socket = TCPSockets.parse(body) else { return nil }
        self.socket = socket
        family = body[0]
        // Behind family, state, timer and retransmits, a byte each.
        identity = Array(body[4..<52])
    }
}

/// `struct inet_diag_req_v2`.
enum SocketRequest {
    /// SOCK_DIAG_BY_FAMILY.
    static let byFamily: UInt16 = 20
    /// SOCK_DESTROY.
    static let destroy: UInt16 = 21

    static func body(_ family: UInt8, states: UInt32, identity: [UInt8] = [UInt8](repeating: 0, count: 48)) -> [UInt8] {
        var body = StructBytes(count: 8)
        body.set(family, at: 0)
        body.set(ProtocolMatch.tcp, at: 1)
        body.set(states, at: 4)
        return body.bytes + identity
    }
}

/// An open line to the kernel, in the network of the thread that made it.
final class SocketAbort {
    private let file: Int32
    private static let doing = "abort a TCP connection"

    init() throws(Problem) {
        file = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Netlink.Family.sockDiag.rawValue)
        guard file >= 0 else { throw .system(Self.doing, errno: errno) }
        var limit = timeval(tv_sec: Int(NetlinkDump.patience.components.seconds), tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { if file >= 0 { close(file) } }

    /// Asks for a connection that nobody can have, between two ports 0.
    func requireSupport() throws(Problem) {
        switch try ask(SocketRequest.body(UInt8(AF_INET), states: 0)) {
        case 0, ENOENT: return
        case EOPNOTSUPP, EINVAL:
            throw Problem(
                .missingDependency, "this kernel can't abort connections (it was built without CONFIG_INET_DIAG_DESTROY)",
                hint: "leave cut_established out: connections stall instead", errors: [.init("spec.cut_established", "is not possible on this node")])
        case let code: throw .system(Self.doing, errno: code, hint: "run faultd as root, with CAP_NET_ADMIN")
        }
    }

    /// - Returns: false when it had ended by itself.
    func abort(_ connection: TCPConnection) throws(Problem) -> Bool {
        let code = try ask(SocketRequest.body(connection.family, states: 0, identity: connection.identity))
        if code == 0 { return true }
        if code == ENOENT { return false }
        throw .system(Self.doing, errno: code)
    }

    /// - Returns: the kernel's answer, an errno or 0.
    private func ask(_ body: [UInt8]) throws(Problem) -> Int32 {
        // NLM_F_REQUEST | NLM_F_ACK.
        var head = StructBytes(count: Netlink.headSize)
        head.set(UInt32(Netlink.headSize + body.count), at: 0)
        head.set(SocketRequest.destroy, at: 4)
        head.set(UInt16(5), at: 6)
        let request = head.bytes + body
        guard send(file, request, request.count, 0) == request.count else { throw .system(Self.doing, errno: errno) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(file, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(Self.doing, errno: errno) }
            if let code = buffer.withUnsafeBytes({ Netlink.read(UnsafeRawBufferPointer(rebasing: $0[..<count])) { _, _ in } }) { return code }
        }
    }
}
