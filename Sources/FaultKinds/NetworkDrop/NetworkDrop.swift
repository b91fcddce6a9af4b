// network.drop: packets vanish.
public import FaultModel

/// Silently drops packets, as a dead link or a firewall does: clients wait until they time out.
public struct NetworkDrop: FaultKind {
    public struct Parameters: Sendable { var selection: PacketSelection }

    public init() {}

    public let name = "network.drop"
    public let summary = "Drop packets, so that connections time out"
    public let details = """
        Drops matching packets in both IP families by rules in chains of faultd's own. Established connections that match stall as well. \
        A port also matches where the node's own NAT has already rewritten it (a Kubernetes Service, a published container port). \
        The kernel stops matching at the end of the lease by itself; reverting removes the rules by their mark.
        """
    public var manual: KindManual {
        KindManual(
            touches: PacketManual.touches, undo: PacketManual.undo, backstop: PacketManual.backstop,
            next: """
                Clients wait until their own time limits. TCP retransmits with growing pauses, so a connection may need seconds to go on after \
                the fault. A program of this node whose outgoing UDP is hit does not wait: the kernel tells it at once, sendto(2) fails with \
                EPERM. For a silent loss drop what comes in instead: direction=in with source_port.
                """)
    }
    public let requires: [Capability] = [.netfilter]
    public var fields: [FieldDescription] { PacketFields.all(forwarded: false) }
    public var examples: [KindExample] {
        [
            KindExample("Outgoing HTTPS", ["protocol": "tcp", "port": "443"]),
            KindExample("Everything to and from a network", ["peer": "10.99.0.0/16", "direction": "both", "forwarded": "true"]),
            KindExample("A quarter of incoming DNS", ["direction": "in", "protocol": "udp", "port": "53", "probability": "0.25"]),
            KindExample("A range of ports of one host, by one interface", ["port": "8000-8099", "peer": "192.0.2.7", "interface": "eth0"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters { Parameters(selection: PacketFields.read(&reader, forwarded: false)) }
    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        var builder = RuleBuilder(parameters.selection, on: node) { _ in .drop }
        return try builder.build()
    }
}
