// network.partition: the node, or a container, can't reach some others or anybody.
public import FaultModel

/// Drops every packet to and from some peers, or everybody, as a cut cable would.
public struct NetworkPartition: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var partition: Partition
    }

    public init() {}

    private static let forwarded = PacketFields.forwarded(default: true)

    public let name = "network.partition"
    public let summary = "Cut the node or containers off from peers, or from everybody"
    public let details = """
        Drops what goes to and comes from the peers, all protocols, containers and pods behind this node included. What keeps the node reachable \
        is left alone: ssh, faultd's own and the protected ports, DHCP, neighbour discovery and, with everything, loopback. With cut_established \
        the TCP connections that the node has with them are aborted at once; otherwise they stall.
        """
    public var manual: KindManual {
        KindManual(
            touches: PacketManual.touches + """
                 With cut_established also the TCP sockets of that network whose other end is cut off, those of ssh, of faultd and of protected \
                ports excepted. Sockets of containers behind the node are aborted only when container names them.
                """,
            undo: PacketManual.undo + " Connections that were aborted stay so: whoever needs them connects again.",
            backstop: PacketManual.backstop,
            next: """
                Peers see the node as dead: health checks fail, clusters elect others and move work away. Without cut_established programs wait \
                for their own time limits, and TCP goes on some seconds after the end if neither side has given up.
                """)
    }
    public let requires: [Capability] = [.netfilter]
    public var fields: [FieldDescription] {
        var fields = Partition.descriptions
        fields[0].required = true
        return fields + [Self.forwarded.description, ContainerScope.field]
    }
    public var examples: [KindExample] {
        [
            KindExample("Cut off from a network", ["from": "10.99.0.0/16"]),
            KindExample("From one host, and connections with it aborted at once", ["from": "192.0.2.7", "cut_established": "true"]),
            KindExample("From everybody but those who are logged in by ssh", ["from": "everything"]),
            KindExample("A container, from everybody", ["from": "everything", "container.name": "^web$", "cut_established": "true"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let partition = Partition.read(required: &reader)
        let forwarded = reader.read(Self.forwarded) ?? true
        return Parameters(
            selection: partition.selection(forwarded: forwarded, container: ContainerScope.read(&reader)), partition: partition)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try parameters.partition.plan(parameters.selection, on: node)
    }
}
