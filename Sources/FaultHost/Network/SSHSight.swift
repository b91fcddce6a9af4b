// Which of the node's connections are ssh: judged from processes and sockets, as values.
import FaultModel

/// What was seen of sshd.
struct SSHSight {
    struct Process {
        var pid: Int32
        /// Inodes.
        var sockets: Set<UInt32>
    }

    var processes: [Process] = []
    /// TCP sockets of the node that listen.
    var listeners: [TCPSocket] = []
    /// Established ones, of these processes at least, as far as somebody may have come in by them.
    var connections: [TCPSocket] = []
    /// Ports on which systemd waits for sshd (`ssh.socket`).
    var unitPorts: [UInt16] = []
    /// Ports that the kernel gives to connections that leave (`ip_local_port_range`).
    var ephemeral = usualEphemeral
    static let usualEphemeral: ClosedRange<UInt16> = 32768...60999

    /// OpenSSH, from 9.8 on in three programs, and dropbear.
    static let programs: Set<Substring> = ["sshd", "sshd-session", "sshd-auth", "dropbear"]

    /// - Parameter caller: the process that asks, its parent, and so on.
    func lifelines(caller: [Int32]) -> Lifelines {
        var lifelines = Lifelines()
        let peers = processes.map { ($0.pid, sessions(of: $0)) }
        lifelines.sshPeers = unique(peers.flatMap(\.1).map(Self.peer))
        let daemons = processes.filter(isDaemon).flatMap(listening)
        lifelines.sshPorts = unique(daemons.map(\.localPort) + lifelines.sshPeers.map(\.localPort) + unitPorts).sorted()
        lifelines.callerPeer = caller.lazy.compactMap { pid in peers.first { $0.0 == pid }?.1.first }.first.map(Self.peer)
        return lifelines
    }

    private func listening(_ process: Process) -> [TCPSocket] { listeners.filter { process.sockets.contains($0.inode) } }
    private func connected(_ process: Process) -> [TCPSocket] { connections.filter { process.sockets.contains($0.inode) } }

    /// Accepts connections: it holds none, or for a moment one that came in by its own port. What a session listens on is what was forwarded.
    private func isDaemon(_ process: Process) -> Bool {
        let own = Set(listening(process).map(\.localPort))
        return connected(process).allSatisfy { own.contains($0.localPort) }
    }

    /// The connections that somebody is logged in by, without those that were forwarded: they come in by a port that the session itself
    /// listens on, or leave by a port that nobody listens on.
    private func sessions(of process: Process) -> [TCPSocket] {
        guard !isDaemon(process) else { return connected(process) }
        let forwarded = Set(listening(process).map(\.localPort))
        let known = Set(listeners.map(\.localPort))
        return connected(process).filter { !forwarded.contains($0.localPort) && (known.contains($0.localPort) || !ephemeral.contains($0.localPort)) }
    }

    private static func peer(_ socket: TCPSocket) -> SSHPeer {
        SSHPeer(address: socket.remote, port: socket.remotePort, localPort: socket.localPort)
    }

    private func unique<T: Hashable>(_ items: [T]) -> [T] {
        var seen: Set<T> = []
        return items.filter { seen.insert($0).inserted }
    }
}
