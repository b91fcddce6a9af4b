// Host names and interfaces.
import CLinux
import FaultModel
import Glibc

/// What kinds ask about the network. Reads only.
struct Network: Sendable {
    // getaddrinfo(3) can take as long as the resolver likes.
    private let resolver = DedicatedThread(name: "resolver")
    /// Lists of the kernel: never behind a resolver that hangs.
    let kernel = DedicatedThread(name: "lifelines")
    /// How long all names together may take.
    private let patience: Duration
    private let lookUp: @Sendable (String) -> [CIDR]

    init(patience: Duration = .seconds(5), lookUp: @escaping @Sendable (String) -> [CIDR] = Network.lookUp) {
        self.patience = patience
        self.lookUp = lookUp
    }

    /// Those names that resolve, with every address of both families, in the resolver's order.
    func addresses(of names: [String]) async -> [String: [CIDR]] {
        guard !names.isEmpty else { return [:] }
        let (answers, mailbox) = AsyncStream.makeStream(of: [String: [CIDR]].self)
        // Not a task group, which would wait for both: a resolver that hangs can't be cancelled.
        Task { [resolver, lookUp] in
            mailbox.yield(
                await resolver.run { () throws(Never) in
                    Dictionary(names.map { ($0, lookUp($0)) }) { first, _ in first }.filter { !$0.value.isEmpty }
                })
        }
        let pause = Task { [patience] in
            try? await Task.sleep(for: patience)
            mailbox.yield([:])
        }
        defer { pause.cancel() }
        return await answers.first { _ in true } ?? [:]
    }

    @Sendable private static func lookUp(_ name: String) -> [CIDR] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [CIDR] = []
        var next = list
        while let entry = next {
            if let cidr = entry.pointee.ai_addr.flatMap({ SocketAddress.host($0) }), !found.contains(cidr) { found.append(cidr) }
            next = entry.pointee.ai_next
        }
        return found
    }

    /// Every interface with its addresses, by getifaddrs(3).
    func interfaces() throws(Problem) -> [NetworkInterface] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { throw .system("list the network interfaces", errno: errno) }
        defer { freeifaddrs(list) }
        var found: [NetworkInterface] = []
        var next = list
        while let entry = next {
            add(entry.pointee, to: &found)
            next = entry.pointee.ifa_next
        }
        return found
    }

    private func add(_ entry: ifaddrs, to found: inout [NetworkInterface]) {
        let name = String(cString: entry.ifa_name)
        let flags = Int32(bitPattern: entry.ifa_flags)
        let index = found.firstIndex { $0.name == name }
        if index == nil {
            found.append(
                NetworkInterface(
                    name: name, isUp: flags & Int32(IFF_UP) != 0, isLoopback: flags & Int32(IFF_LOOPBACK) != 0, addresses: []))
        }
        guard let address = entry.ifa_addr.flatMap({ SocketAddress.host($0) }) else { return }
        found[index ?? found.count - 1].addresses.append(address.text)
    }
}

/// `struct sockaddr` of the two families.
enum SocketAddress {
    /// The address as a network of one host; nil for other families.
    static func host(_ address: UnsafePointer<sockaddr>) -> CIDR? {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) } }
            return CIDR(family: .ipv4, bytes: bytes, prefix: 32)
        case AF_INET6:
            let bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) } }
            return CIDR(family: .ipv6, bytes: bytes, prefix: 128)
        default: return nil
        }
    }
}
