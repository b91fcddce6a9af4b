// node.cut: the node loses the network and its agents, as one act.
public import FaultModel

/// Drops packets and stops units together, and undoes both exactly.
public struct NodeCut: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var partition: Partition?
        var units: [UnitName]
        var force: Bool
    }

    public init() {}

    private static let units = Field<[UnitName]>(
        "units", singular: "unit", default: [], "Units to stop as well, such as docker.service and the node agent.")

    public let name = "node.cut"
    public let summary = "Cut the node off: drop packets and stop units, as one act"
    public let details = """
        The packets of network.drop, those of containers and pods included, or with from the partition of network.partition; and the units of \
        unit.stop, all under one lease. At the end the network comes back first, then every unit that was active is started again. Established \
        connections that match stall as well, or are aborted where cut_established asks for it.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                What network.drop (or, with from, network.partition) and unit.stop touch, as one fault.
                """,
            undo: """
                The rules are removed by their mark first, then the units are started again, so that agents find the network there.
                """,
            backstop: """
                The kernel for the rules, a transient timer of systemd for the units.
                """,
            next: """
                A cluster marks the node as not ready (Kubernetes after about 40 s) and moves its work away after 5 minutes; it takes as long to \
                come back.
                """)
    }
    public let requires: [Capability] = [.netfilter, .systemd]
    public var fields: [FieldDescription] {
        PacketFields.ofNode(forwarded: true) + Partition.descriptions + [Self.units.description, UnitStop.force.description]
    }
    public var examples: [KindExample] {
        [
            KindExample(
                "No HTTPS, no Docker, no node agent", ["protocol": "tcp", "port": "443", "unit": "docker.service,node-agent.service"]),
            KindExample("A network that is gone, in both directions", ["peer": "10.99.0.0/16", "direction": "both"]),
            KindExample("Cut off from everybody, and the node agent dead", ["from": "everything", "unit": "node-agent.service"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let packets = PacketFields.readOfNode(&reader, forwarded: true)
        let partition = Partition.read(&reader)
        if partition != nil { Self.refuse(packets, besideFrom: &reader) }
        return Parameters(
            selection: partition?.selection(forwarded: packets.forwarded, container: nil) ?? packets, partition: partition,
            units: reader.read(Self.units) ?? [], force: reader.read(UnitStop.force) ?? false)
    }

    /// A partition is of all packets: what narrows them would make it something else.
    private static func refuse(_ packets: PacketSelection, besideFrom reader: inout SpecReader) {
        let given: [(String, Bool)] = [
            ("direction", packets.direction == .in), ("protocol", packets.proto != .any), ("ports", !packets.ports.isEmpty),
            ("source_ports", !packets.sourcePorts.isEmpty),
            ("peers", !packets.peers.isEmpty), ("interface", packets.interface != nil), ("probability", packets.probability < 1),
        ]
        for (field, isGiven) in given where isGiven {
            reader.refuse(field, "can't be given together with from, which cuts every packet; leave one out")
        }
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.ask(UnitStop.query(parameters.units)) }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        var plan = parameters.units.isEmpty ? Plan() : try UnitStop.plan(parameters.units, force: parameters.force, on: node)
        // Last applied, so first reverted: agents that start again find the network there.
        plan.append(try Self.packets(parameters, on: node))
        return plan
    }

    private static func packets(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        if let partition = parameters.partition { return try partition.plan(parameters.selection, on: node) }
        var builder = RuleBuilder(parameters.selection, on: node) { _ in .drop }
        return try builder.build()
    }
}
