// network.corrupt: bits turn over.
public import FaultModel

/// Turns over bits in packets, as a bad cable or a faulty card does.
public struct NetworkCorrupt: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var shape: TrafficShape
    }

    public init() {}

    private static let percent = ShapingFields.percent("Share of matching packets that are damaged, in percent.")

    public let name = "network.corrupt"
    public let summary = "Damage packets: one bit of each that is hit"
    public let details = """
        In a share of matching packets one bit is turned over (netem). Checksums find almost all of them, so that receivers drop them: for most \
        programs it is loss, for those without checksums damage.
        """
    public var manual: KindManual {
        .shaping(
            next: """
                TCP sends again what was damaged, so throughput falls. Network cards that compute checksums themselves may do so after the damage \
                and hide it: then data that is wrong arrives.
                """)
    }
    public let requires: [Capability] = [.trafficControl, .netem]
    public var fields: [FieldDescription] { [Self.percent.description.asRequired, ShapingFields.correlation.description] + ShapingFields.all }
    public var examples: [KindExample] {
        [
            KindExample("One packet in a hundred that leaves", ["percent": "1"]),
            KindExample("A tenth of incoming DNS answers", ["percent": "10", "direction": "in", "protocol": "udp", "source_port": "53"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let percent = reader.read(Self.percent, standIn: 1)
        var shape = NetemShape()
        shape.corrupt = NetemChance(percent: percent, correlation: reader.read(ShapingFields.correlation) ?? 0)
        return Parameters(selection: ShapingFields.read(&reader), shape: .netem(shape))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.shapingQuery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try TrafficPlanner.plan(parameters.shape, parameters.selection, on: node)
    }
}
