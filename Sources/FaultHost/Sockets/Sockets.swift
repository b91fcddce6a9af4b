// Connections that are aborted at once: the mechanism behind `Change.sockets`, an act of which nothing is left to undo.
import FaultModel

struct Sockets: Mechanism {
    let namespaces: Namespaces
    // A node may have hundreds of thousands of connections, each of which is looked at.
    private let thread = DedicatedThread(name: "sockets")

    init(in namespaces: Namespaces) { self.namespaces = namespaces }

    func prepare(_ change: SocketChange, for fault: FaultID) async throws(Problem) -> SocketUndo {
        let undo = SocketUndo(fault: fault, namespace: try await namespaces.pin(change.inside))
        _ = try await inside(undo) { () throws(Problem) in try SocketAbort().requireSupport() }
        return undo
    }

    func foresee(_ undo: SocketUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: SocketUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func apply(_ change: SocketChange, undo: SocketUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        let count = try await inside(undo) { () throws(Problem) in try Self.abort(change) }
        let place = undo.namespace.map { " of \($0.container.name)" } ?? ""
        return Evidence(observations: [.init("established connections\(place)", "aborted", figures: ["aborted_connections": Int64(count)])])
    }

    func revert(_ undo: SocketUndo) async throws(Problem) -> RevertOutcome { RevertOutcome(.alreadyGone) }
    func observe(_ undo: SocketUndo) async throws(Problem) -> Evidence { Evidence() }

    private func inside<T: Sendable>(_ undo: SocketUndo, _ work: @escaping @Sendable () throws(Problem) -> T) async throws(Problem) -> T {
        let result = try await thread.run { () throws(Problem) in try NetworkNamespace.run(undo.namespace, work) }
        if let result { return result }
        throw undo.namespace?.gone() ?? Problem(.internalError, "the node's own network is gone")
    }

    /// - Returns: how many were aborted.
    private static func abort(_ change: SocketChange) throws(Problem) -> Int {
        let all = try TCPConnection.list()
        let victims = change.victims(among: all.map(\.socket))
        let abort = try SocketAbort()
        var count = 0
        for connection in all where victims.contains(connection.socket) {
            if try abort.abort(connection) { count += 1 }
        }
        return count
    }
}

extension SocketChange {
    /// Which of a network's connections it means.
    func victims(among sockets: [TCPSocket]) -> Set<TCPSocket> {
        let ends = Set(sockets.map { [Endpoint($0.local, $0.localPort), Endpoint($0.remote, $0.remotePort)] })
        return Set(sockets.filter { means($0) && !(peers.isEmpty && $0.isWithin(ends)) && !isSpared($0) })
    }

    private func means(_ socket: TCPSocket) -> Bool { peers.isEmpty || peers.contains { $0.holds(socket.remote) } }

    private func isSpared(_ socket: TCPSocket) -> Bool {
        let own = PortRange(socket.localPort, socket.localPort)
        if sparedPorts.contains(where: own.overlaps) { return true }
        return sparedSessions.contains { $0.address == socket.remote && $0.port == socket.remotePort && $0.localPort == socket.localPort }
    }
}

/// An address and a port.
private struct Endpoint: Hashable {
    var address: CIDR
    var port: UInt16

    init(_ address: CIDR, _ port: UInt16) { (self.address, self.port) = (address, port) }
}

extension TCPSocket {
    /// The network's talk with itself: by loopback, or with both ends in it.
    fileprivate func isWithin(_ ends: Set<[Endpoint]>) -> Bool {
        remote.isLoopback || ends.contains([Endpoint(remote, remotePort), Endpoint(local, localPort)])
    }
}

extension CIDR {
    /// Whether this host's address is one of these.
    fileprivate func holds(_ host: CIDR) -> Bool {
        family == host.family && CIDR(family: host.family, bytes: host.bytes, prefix: prefix)?.bytes == bytes
    }

    fileprivate var isLoopback: Bool { family == .ipv4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1] }
}
