// node.reboot: the node goes down and comes back.
public import FaultModel

/// Boots the node anew, in good order or at once.
public struct NodeReboot: FaultKind {
    public struct Parameters: Sendable {
        var delay: Duration
        var force: Bool
    }

    public init() {}

    public let name = "node.reboot"
    public let summary = "Reboot the node"
    public let details = """
        Asks systemd for a reboot a moment after the answer: in good order, or with force=true at once, without stopping services. Faults that \
        are in force are taken back on the way down, or by faultd after the boot. This one is closed when the node has booted.
        """
    public var manual: KindManual {
        KindManual(
            touches: NodePower.touches,
            undo: """
                Until the delay is over the reboot is called off. After that nothing undoes it: ask for it with allow_irreversible=true. faultd \
                closes the fault after the boot, ended by reboot.
                """,
            backstop: NodePower.backstop,
            next: """
                systemd starts what is enabled, container runtimes what has a restart policy, the kubelet its pods. What ran by hand is gone. \
                A cluster sees the node as not ready and may move its work elsewhere.
                """)
    }
    public let requires: [Capability] = [.power]
    public var fields: [FieldDescription] { [NodePower.delay.description, NodePower.force.description] }
    public var examples: [KindExample] {
        [
            KindExample("In good order", [:]),
            KindExample("At once", ["force": "true", "delay": "2s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(delay: reader.read(NodePower.delay) ?? .seconds(1), force: reader.read(NodePower.force) ?? false)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery() }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        NodePower.plan(.reboot, force: parameters.force, delay: parameters.delay)
    }
}
