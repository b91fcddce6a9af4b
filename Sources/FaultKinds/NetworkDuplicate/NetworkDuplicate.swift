// network.duplicate: packets come twice.
public import FaultModel

/// Sends packets a second time, as a faulty switch or a loop does.
public struct NetworkDuplicate: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var shape: TrafficShape
    }

    public init() {}

    private static let percent = ShapingFields.percent("Share of matching packets that are sent twice, in percent.")

    public let name = "network.duplicate"
    public let summary = "Send packets twice"
    public let details = """
        A share of matching packets is sent twice (netem). TCP drops the second; programs that use UDP see it.
        """
    public var manual: KindManual {
        .shaping(
            next: """
                Programs that take a datagram for a request may do things twice. TCP hardly notices.
                """)
    }
    public let requires: [Capability] = [.trafficControl, .netem]
    public var fields: [FieldDescription] { [Self.percent.description.asRequired, ShapingFields.correlation.description] + ShapingFields.all }
    public var examples: [KindExample] {
        [
            KindExample("A tenth of what leaves", ["percent": "10"]),
            KindExample("Every datagram to a server of logs", ["percent": "100", "protocol": "udp", "port": "514", "peer": "192.0.2.7"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let percent = reader.read(Self.percent, standIn: 1)
        var shape = NetemShape()
        shape.duplicate = NetemChance(percent: percent, correlation: reader.read(ShapingFields.correlation) ?? 0)
        return Parameters(selection: ShapingFields.read(&reader), shape: .netem(shape))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.shapingQuery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try TrafficPlanner.plan(parameters.shape, parameters.selection, on: node)
    }
}
