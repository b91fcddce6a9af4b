// What keeps a node reachable, as it is now: no network fault may cut it.

/// Read from the node before a network fault is planned.
public struct Lifelines: Sendable, Hashable {
    /// TCP ports by which sshd is reached.
    public var sshPorts: [UInt16] = []
    /// Who is logged in by ssh.
    public var sshPeers: [SSHPeer] = []
    /// The one of them that the caller came by; nil when the caller did not come by ssh, or that can't be told.
    public var callerPeer: SSHPeer?
    /// Default gateways of both families.
    public var gateways: [CIDR] = []
    /// Why sshd's ports could not be found out; nil when they are known, or there is no sshd.
    public var unseen: String?

    public init() {}
}

/// The other end of an established ssh connection to this node.
public struct SSHPeer: Sendable, Hashable, Codable {
    public var address: CIDR
    public var port: UInt16
    /// The port of this node.
    public var localPort: UInt16

    public init(address: CIDR, port: UInt16, localPort: UInt16) {
        self.address = address
        self.port = port
        self.localPort = localPort
    }
}
