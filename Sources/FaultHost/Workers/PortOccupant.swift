// A port taken from whoever would want it: bound, and answered as a service would not.
import CLinux
public import FaultModel
import Glibc

/// Holds one port on one address, or on every address of both families.
public struct PortOccupant {
    private let socket: Int32
    private let behaviour: PortBehaviour

    /// IPPROTO_IPV6, which Swift sees or not by what else is linked.
    private static let ipv6: Int32 = 41
    /// As many as a service usually has; the kernel lowers it to net.core.somaxconn.
    private static let backlog: Int32 = 4096

    /// - Parameter address: nil is every address: a socket of IPv6 that takes IPv4 too, or of IPv4 alone where there is no IPv6.
    public init(_ port: PortNumber, address: String?, _ behaviour: PortBehaviour) throws(Problem) {
        self.behaviour = behaviour
        let type = Int32((port.transport == .tcp ? SOCK_STREAM : SOCK_DGRAM).rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let bytes = address.flatMap { CIDR(text: $0)?.bytes }
        if bytes?.count != 4, let socket = Self.make(AF_INET6, type) {
            self.socket = socket
            Self.set(socket, Self.ipv6, IPV6_V6ONLY, bytes == nil ? 0 : 1)
        } else if bytes?.count != 16, let socket = Self.make(AF_INET, type) {
            self.socket = socket
        } else {
            throw .system("make a socket", errno: errno)
        }
        let listens = port.transport == .tcp && behaviour != .refuse
        // What a service left behind in TIME_WAIT must not keep us out. Bound only, the option would let others in.
        if listens { Self.set(socket, SOL_SOCKET, SO_REUSEADDR, 1) }
        guard Self.bind(socket, port.port, bytes) == 0 else { throw .system("bind \(port.text)", errno: errno) }
        guard !listens || listen(socket, Self.backlog) == 0 else { throw .system("listen on \(port.text)", errno: errno) }
    }

    public func run() -> Never {
        guard behaviour == .reset else { WorkerPrograms.sleepForEver() }
        while true {
            let connection = accept(socket, nil, nil)
            guard connection >= 0 else { continue }
            // SO_LINGER of no time: close(2) sends a reset.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            close(connection)
        }
    }

    private static func make(_ family: Int32, _ type: Int32) -> Int32? {
        let socket = Glibc.socket(family, type, 0)
        return socket >= 0 ? socket : nil
    }

    private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(socket, level, option, &value, socklen_t(MemoryLayout.size(ofValue: value)))
    }

    private static func bind(_ socket: Int32, _ port: UInt16, _ bytes: [UInt8]?) -> Int32 {
        var domain: Int32 = 0
        var size = socklen_t(MemoryLayout.size(ofValue: domain))
        getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size)
        var address = [UInt8](repeating: 0, count: domain == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
        withUnsafeBytes(of: sa_family_t(domain)) { for (index, byte) in $0.enumerated() { address[index] = byte } }
        (address[2], address[3]) = (UInt8(port >> 8), UInt8(port & 0xFF))
        // sin_addr stands at 4, sin6_addr at 8 (ip(7), ipv6(7)).
        for (index, byte) in (bytes ?? []).enumerated() { address[(domain == AF_INET ? 4 : 8) + index] = byte }
        return address.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { Glibc.bind(socket, $0.baseAddress, socklen_t(raw.count)) }
        }
    }
}
