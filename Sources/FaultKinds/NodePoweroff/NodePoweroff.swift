// node.poweroff: the node goes down and stays down.
public import FaultModel

/// Turns the node off. Nothing in the node can turn it on again.
public struct NodePoweroff: FaultKind {
    public struct Parameters: Sendable {
        var delay: Duration
        var force: Bool
    }

    public init() {}

    public let name = "node.poweroff"
    public let summary = "Turn the node off"
    public let details = """
        Asks systemd to turn the machine off a moment after the answer: in good order, or with force=true at once. Somebody else has to turn it on: \
        its hypervisor, its cloud, or a hand. faultd closes the fault when the node has booted again.
        """
    public var manual: KindManual {
        KindManual(
            touches: NodePower.touches,
            undo: """
                Until the delay is over it is called off. After that nothing undoes it: ask for it with allow_irreversible=true. Once somebody has \
                turned the node on, faultd closes the fault, ended by reboot.
                """,
            backstop: NodePower.backstop,
            next: """
                Nobody comes back by himself. A cloud may replace the machine by a new one, without its disks. A cluster moves its work elsewhere.
                """)
    }
    public let requires: [Capability] = [.power]
    public var fields: [FieldDescription] { [NodePower.delay.description, NodePower.force.description] }
    public var examples: [KindExample] {
        [
            KindExample("In good order", [:]),
            KindExample("Ten seconds from now", ["delay": "10s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(delay: reader.read(NodePower.delay) ?? .seconds(1), force: reader.read(NodePower.force) ?? false)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery() }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        NodePower.plan(.poweroff, force: parameters.force, delay: parameters.delay)
    }
}
