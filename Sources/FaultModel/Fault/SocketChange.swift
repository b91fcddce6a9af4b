// Connections that are aborted: an act, done once, of which nothing is left to take back.

/// The TCP connections of one network, as far as their other end is cut off and nobody needs them to reach the node.
public struct SocketChange: ChangePart {
    /// Their other ends; none named means everybody but the network itself.
    public var peers: [CIDR]
    /// Of this end: whoever came in by these stays connected.
    public var sparedPorts: [PortRange]
    /// So do these, by whatever port they came.
    public var sparedSessions: [SSHPeer]
    /// The container in whose network namespace they are; nil is the node's own.
    public var inside: ContainerPin?

    public init(peers: [CIDR], sparedPorts: [PortRange] = [], sparedSessions: [SSHPeer] = [], inside: ContainerPin? = nil) {
        self.peers = peers
        self.sparedPorts = sparedPorts
        self.sparedSessions = sparedSessions
        self.inside = inside
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        let spared = sparedPorts.flatMap { $0.low == $0.high ? ["sport != :\($0.low)"] : ["( sport < :\($0.low) or sport > :\($0.high) )"] }
        let filters = (peers.isEmpty ? [[]] : peers.map { ["dst \($0.text)"] }).map { ($0 + spared).joined(separator: " and ") }
        return filters.map { filter in
            ChangeStep(
                apply: "\(inside.entering)ss -K \(filter.isEmpty ? "state connected" : "'\(filter)'")", revert: "(whoever needs them connects again)")
        }
    }
}

/// Nothing: a connection that was aborted is gone.
public struct SocketUndo: UndoPart {
    public var fault: FaultID
    /// Where they were; nil is the node's own.
    public var namespace: NamespacePin?

    public init(fault: FaultID, namespace: NamespacePin? = nil) {
        self.fault = fault
        self.namespace = namespace
    }

    public var isForgottenByReboot: Bool { true }
    public var isHeld: Bool { false }
    public var needsBackstop: Bool { false }
}

extension ContainerPin? {
    /// What goes before a command that is meant for a container's network.
    var entering: String { map { "nsenter -n -t $(first process of \($0.name)) " } ?? "" }
}
