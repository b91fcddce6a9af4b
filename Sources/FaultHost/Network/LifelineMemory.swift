// What a close look at sshd found, as a value, and for how long that can be believed.
import FaultModel

/// Sockets by which this node could be reached.
struct WaysIn {
    var listeners: [TCPSocket]
    /// Without those that left by a port of the kernel's choice: nobody came in by them.
    var connections: [TCPSocket]
    var ephemeral: ClosedRange<UInt16>

    /// With the connections of the network that the calling thread is in.
    init(listeners: [TCPSocket]) throws(Problem) {
        self.listeners = listeners
        let range = ProcNet().ephemeralPorts ?? SSHSight.usualEphemeral
        let ports = Set(listeners.map(\.localPort))
        ephemeral = range
        // Nobody holds a connection before it is accepted; then it is a new one here.
        connections = try TCPSockets.list(.established) { ports.contains($0) || !range.contains($0) }.filter { $0.inode != 0 }
    }
}

/// Whatever leads to sshd has a socket, and the kernel's list of them is short: only one that is new makes it worth while to go through all
/// processes, or to ask systemd.
struct LifelineMemory {
    /// For so long a connection may be in the hands of who accepted it for sshd (`Accept=yes`, inetd), nanoseconds.
    private static let handOver = Duration.seconds(10).nanoseconds

    private var processes: [SSHSight.Process]?
    /// Listeners, and connections that were old enough, when the processes were gone through.
    private var judged: Set<UInt32> = []
    private var unitPorts: [UInt16]?
    /// Listeners when systemd was asked.
    private var asked: Set<UInt32> = []
    /// When a look first saw each connection.
    private var since: [UInt32: Int64] = [:]

    /// The processes of sshd with their sockets; nil where only a look at all of them can tell.
    func processes(for ways: WaysIn) -> [SSHSight.Process]? {
        (ways.listeners + ways.connections).allSatisfy { judged.contains($0.inode) } ? processes : nil
    }

    /// Ports on which systemd waits for sshd; nil where only systemd can tell.
    func unitPorts(for ways: WaysIn) -> [UInt16]? { asked == Set(ways.listeners.map(\.inode)) ? unitPorts : nil }

    /// - Parameter now: before the processes were gone through (nanoseconds since boot).
    mutating func take(_ found: [SSHSight.Process], for ways: WaysIn, at now: Int64) {
        let connections = ways.connections.map(\.inode)
        since = Dictionary(connections.map { ($0, since[$0] ?? now) }) { first, _ in first }
        processes = found
        judged = Set(ways.listeners.map(\.inode)).union(connections.filter { now - (since[$0] ?? now) >= Self.handOver })
        // What sshd has already is handed to nobody else.
        for process in found { judged.formUnion(process.sockets) }
    }

    mutating func take(unitPorts: [UInt16], for ways: WaysIn) {
        self.unitPorts = unitPorts
        asked = Set(ways.listeners.map(\.inode))
    }
}
