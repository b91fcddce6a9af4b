// Packets sent as they are, whosever address they come from.
import CLinux
import FaultModel
import Glibc

/// One raw socket for each family that the node has (raw(7)).
struct RawSender {
    private let sockets: [IPFamily: Int32]

    /// - Parameter mark: of every packet, for rules to know them by (SO_MARK of socket(7)).
    init(mark: UInt32) throws(Problem) {
        var sockets: [IPFamily: Int32] = [:]
        for (family, domain) in [(IPFamily.ipv4, AF_INET), (.ipv6, AF_INET6)] {
            // IPPROTO_RAW: what is sent begins with its IP header.
            let file = socket(domain, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(IPPROTO_RAW))
            var mark = mark
            if file < 0, family == .ipv6, errno == EAFNOSUPPORT { continue }
            guard file >= 0, setsockopt(file, SOL_SOCKET, SO_MARK, &mark, socklen_t(MemoryLayout<UInt32>.size)) == 0 else {
                throw .system("open a raw socket", errno: errno, hint: "run faultd as root, with CAP_NET_RAW and CAP_NET_ADMIN")
            }
            sockets[family] = file
        }
        self.sockets = sockets
    }

    /// - Parameters:
    ///   - to: 4 or 16 bytes.
    ///   - interface: where a link-local address is.
    func send(_ packet: [UInt8], _ family: IPFamily, to address: [UInt8], interface: UInt32) {
        guard let socket = sockets[family] else { return }
        // sin_addr stands at 4, sin6_addr at 8 and sin6_scope_id at 24 (ip(7), ipv6(7)).
        var place = StructBytes(count: family == .ipv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
        place.set(sa_family_t(family == .ipv4 ? AF_INET : AF_INET6), at: 0)
        place.set(each: address, at: family == .ipv4 ? 4 : 8)
        let isLinkLocal = family == .ipv6 && address[0] == 0xFE && address[1] & 0xC0 == 0x80
        if isLinkLocal { place.set(interface, at: 24) }
        place.bytes.withUnsafeBytes { raw in
            _ = raw.withMemoryRebound(to: sockaddr.self) { sendto(socket, packet, packet.count, 0, $0.baseAddress, socklen_t(raw.count)) }
        }
    }
}
