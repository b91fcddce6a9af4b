// An interface that is set down, and what takes that back.

public struct LinkChange: ChangePart {
    public var interface: String
    /// The container in whose network namespace the interface is; nil is the node's own.
    public var inside: ContainerPin?

    public init(interface: String, inside: ContainerPin? = nil) {
        self.interface = interface
        self.inside = inside
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        [
            ChangeStep(
                apply: "\(inside.entering)ip link set dev \(interface) down",
                revert: "\(inside.entering)ip link set dev \(interface) up; ip addr add …; ip route add … (what went away with it)")
        ]
    }
}

/// Sets the interface up again and puts back what went away with it.
public struct LinkUndo: UndoPart {
    public var fault: FaultID
    public var interface: String
    public var index: Int32
    /// Addresses, neighbours and routes of the interface, in the order in which they can be put back.
    public var entries: [Entry]
    /// The kernel's own id of its boot: after another one an interface that is up is as the boot wants it.
    public var bootID: String
    /// Where the interface is; nil is the node's own.
    public var namespace: NamespacePin?

    /// One entry of the kernel's tables.
    public struct Entry: Sendable, Hashable, Codable {
        public enum Kind: String, Sendable, Hashable, Codable { case address, neighbour, route }
        public var kind: Kind
        /// The message that makes it (rtnetlink(7)), without its header, as hexadecimal digits.
        public var message: String

        public init(kind: Kind, message: String) {
            self.kind = kind
            self.message = message
        }
    }

    public init(fault: FaultID, interface: String, index: Int32, entries: [Entry], bootID: String, namespace: NamespacePin? = nil) {
        self.fault = fault
        self.interface = interface
        self.index = index
        self.entries = entries
        self.bootID = bootID
        self.namespace = namespace
    }

    /// The same as for packet rules: a container that reboots may keep its network namespace.
    public var isForgottenByReboot: Bool { false }
}
