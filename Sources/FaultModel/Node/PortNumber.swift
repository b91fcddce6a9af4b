// A port of this node, who holds it, and what a fault that holds it does.

/// A port of this node.
public struct PortNumber: Sendable, Hashable, Codable {
    public enum Transport: String, SpecWord, Sendable, Hashable { case tcp, udp }
    public var transport: Transport
    public var port: UInt16

    public init(_ transport: Transport, _ port: UInt16) {
        self.transport = transport
        self.port = port
    }

    public var text: String { "\(transport.rawValue) port \(port)" }
}

/// What a client meets on a port that a fault has taken.
public enum PortBehaviour: String, SpecWord, Sendable, Hashable {
    /// Connections are made by the kernel, and nobody speaks.
    case hold
    /// Connections are made and reset at once.
    case reset
    /// Bound only: the kernel refuses connections, as if nobody were there.
    case refuse
}

/// A socket that is bound to a port.
public struct PortHolder: Sendable, Hashable {
    /// Its own address; nil is every address.
    public var address: CIDR?
    /// Nil when no process could be seen that has it open.
    public var pid: Int32?
    public var process: String?

    public init(address: CIDR?, pid: Int32? = nil, process: String? = nil) {
        self.address = address
        self.pid = pid
        self.process = process
    }

    public var text: String { pid.map { "process \($0) (\(process ?? "?"))" } ?? "a process that can't be seen from here" }
}
