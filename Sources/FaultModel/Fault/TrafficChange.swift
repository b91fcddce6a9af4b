// Shaping of one interface's traffic in one direction, and what takes it back.

public enum TrafficDirection: String, Sendable, Hashable, Codable { case out, `in` }

/// A root qdisc of ours on an interface, whose one class the packets that are hit go through; for packets that arrive, on a device of ours.
public struct TrafficChange: ChangePart {
    public var interface: String
    public var direction: TrafficDirection
    public var shape: TrafficShape
    public var hit: [TrafficMatch]
    /// Looked at first: these packets are left alone.
    public var spared: [TrafficMatch]
    /// The container in whose network namespace the interface is; nil is the node's own.
    public var inside: ContainerPin?

    public init(
        interface: String, direction: TrafficDirection, shape: TrafficShape, hit: [TrafficMatch], spared: [TrafficMatch] = [],
        inside: ContainerPin? = nil
    ) {
        self.interface = interface
        self.direction = direction
        self.shape = shape
        self.hit = hit
        self.spared = spared
        self.inside = inside
    }

    /// Of root qdiscs of ours: people know them by it, and so do we.
    public static let handle = "fa17:"

    /// The device that packets which arrive are sent through: the mark's last characters, as a name holds 15 bytes.
    public static func device(mark: String) -> String { "faultd" + mark.suffix(8).lowercased() }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        let device = direction == .out ? interface : Self.device(mark: mark)
        let gone = "(goes with it)"
        var steps: [ChangeStep] = []
        if direction == .in {
            steps.append(ChangeStep(apply: "ip link add \(device) type ifb", revert: "ip link del \(device)"))
            steps.append(ChangeStep(apply: "tc qdisc add dev \(interface) ingress", revert: "tc qdisc del dev \(interface) ingress"))
        }
        steps.append(
            ChangeStep(apply: "tc qdisc add dev \(device) root handle \(Self.handle) htb", revert: "tc qdisc del dev \(device) root"))
        steps.append(ChangeStep(apply: "tc class add dev \(device) parent \(Self.handle) classid \(Self.handle)1 htb rate 32gbit", revert: gone))
        steps.append(ChangeStep(apply: "tc qdisc add dev \(device) parent \(Self.handle)1 \(shape.text)", revert: gone))
        let (parent, target) = direction == .out ? (Self.handle, "flowid \(Self.handle)1") : ("ffff:", "action mirred egress redirect dev \(device)")
        steps += spared.map { ChangeStep(apply: "tc filter add dev \(interface) parent \(parent) prio 2 \($0.text) flowid \(parent)0", revert: gone) }
        steps += hit.map { ChangeStep(apply: "tc filter add dev \(interface) parent \(parent) prio 4 \($0.text) \(target)", revert: gone) }
        return steps.map { step in
            ChangeStep(apply: inside.entering + step.apply, revert: step.revert == gone ? gone : inside.entering + step.revert)
        }
    }
}

/// Removes the qdisc that carries the fault's mark; what was there before comes back by itself, as it was the kernel's own.
public struct TrafficUndo: UndoPart {
    public var fault: FaultID
    public var interface: String
    public var index: Int32
    public var direction: TrafficDirection
    public var shape: TrafficShape
    /// How many filters of ours there are, the mark not counted.
    public var filters: Int
    /// The interface's qdiscs in that direction, as they were.
    public var before: [Qdisc]
    /// Where the interface is; nil is the node's own.
    public var namespace: NamespacePin?

    public struct Qdisc: Sendable, Hashable, Codable {
        public var kind: String
        public var handle: UInt32
        public var parent: UInt32

        public init(kind: String, handle: UInt32, parent: UInt32) {
            self.kind = kind
            self.handle = handle
            self.parent = parent
        }
    }

    public init(
        fault: FaultID, interface: String, index: Int32, direction: TrafficDirection, shape: TrafficShape, filters: Int, before: [Qdisc],
        namespace: NamespacePin? = nil
    ) {
        self.fault = fault
        self.interface = interface
        self.index = index
        self.direction = direction
        self.shape = shape
        self.filters = filters
        self.before = before
        self.namespace = namespace
    }

    /// The kernel forgets it, but a container that reboots keeps its network namespace where that outlives it. By mark it is cheap and sure.
    public var isForgottenByReboot: Bool { false }
}
