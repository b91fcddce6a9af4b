// network.reorder: packets overtake each other.
public import FaultModel

/// Changes the order of packets, as several ways of different length do.
public struct NetworkReorder: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var shape: TrafficShape
    }

    public init() {}

    private static let percent = ShapingFields.percent("Share of matching packets that overtake, in percent; all others wait.")
    private static let delay = ShapingFields.delay(default: .milliseconds(10), "How long the others wait.")
    private static let gap = Field<Int>(
        "gap", default: 1, "Every n-th packet may overtake; 1 is each of them.", check: { (1...1000).contains($0) ? nil : "must be from 1 to 1000" })

    public let name = "network.reorder"
    public let summary = "Let packets overtake each other"
    public let details = """
        Matching packets are delayed, but for a share of them that is sent at once and so overtakes the others (netem). With gap every n-th \
        packet is a candidate, otherwise each.
        """
    public var manual: KindManual {
        .shaping(
            next: """
                TCP takes packets that are out of order for lost at first and sends some again; programs that use UDP get them as they come. All \
                others are late by the delay.
                """)
    }
    public let requires: [Capability] = [.trafficControl, .netem]
    public var fields: [FieldDescription] {
        [Self.percent.description.asRequired, Self.delay.description, Self.gap.description, ShapingFields.correlation.description] + ShapingFields.all
    }
    public var examples: [KindExample] {
        [
            KindExample("A quarter of what leaves overtakes the rest", ["percent": "25"]),
            KindExample("Every fifth packet to a network, with more delay", ["percent": "100", "gap": "5", "delay": "50ms", "peer": "10.99.0.0/16"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let percent = reader.read(Self.percent, standIn: 1)
        var shape = NetemShape()
        shape.delay = (reader.read(Self.delay) ?? .milliseconds(10)).nanoseconds
        shape.gap = reader.read(Self.gap) ?? 1
        shape.reorder = NetemChance(percent: percent, correlation: reader.read(ShapingFields.correlation) ?? 0)
        return Parameters(selection: ShapingFields.read(&reader), shape: .netem(shape))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.shapingQuery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try TrafficPlanner.plan(parameters.shape, parameters.selection, on: node)
    }
}
