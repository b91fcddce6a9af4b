// network.delay: packets wait.
public import FaultModel

/// Makes packets wait, as a long way or a busy link does.
public struct NetworkDelay: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var shape: TrafficShape
    }

    public init() {}

    private static let delay = ShapingFields.delay(default: nil, "How long each packet waits: 50ms, 1s.")
    private static let jitter = Field<Duration>(
        "jitter", default: .zero, "How much the delay differs: plus or minus this, or its standard deviation where distribution names a curve.",
        check: { $0 >= .zero && $0 <= ShapingFields.longest ? nil : "must be at most \(ShapingFields.longest.text)" })
    private static let distribution = Field<DelayDistribution>(
        "distribution", default: .uniform, "How delays with jitter spread: uniform, normal (a bell), pareto (a long tail), paretonormal (both).")

    public let name = "network.delay"
    public let summary = "Delay packets, steadily or with jitter"
    public let details = """
        Matching packets wait before they are sent on (netem). With direction both, a round trip takes twice the delay longer. With jitter the \
        delay differs from packet to packet, by the distribution, and packets may overtake each other.
        """
    public var manual: KindManual {
        .shaping(
            next: """
                Time limits are met or missed, pools of connections fill up, and throughput of a single TCP connection falls with the round-trip \
                time. Clusters whose members vote may elect others.
                """)
    }
    public let requires: [Capability] = [.trafficControl, .netem]
    public var fields: [FieldDescription] {
        [Self.delay.description.asRequired, Self.jitter.description, Self.distribution.description, ShapingFields.correlation.description]
            + ShapingFields.all
    }
    public var examples: [KindExample] {
        [
            KindExample("Everything that leaves, by 100 ms", ["delay": "100ms"]),
            KindExample(
                "A database far away, both ways, with jitter",
                [
                    "delay": "40ms", "jitter": "10ms", "distribution": "normal", "peer": "192.0.2.7", "protocol": "tcp", "port": "5432",
                    "direction": "both",
                ]),
            KindExample("A container, by a second", ["delay": "1s", "container.name": "^web$"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        var shape = NetemShape()
        shape.delay = reader.read(Self.delay, standIn: .zero).nanoseconds
        shape.jitter = (reader.read(Self.jitter) ?? .zero).nanoseconds
        shape.distribution = reader.read(Self.distribution)
        shape.delayCorrelation = reader.read(ShapingFields.correlation) ?? 0
        if shape.jitter == 0, shape.distribution != .uniform { reader.refuse("distribution", "says how jitter spreads: give jitter too") }
        if shape.jitter == 0, shape.delayCorrelation > 0 { reader.refuse("correlation", "is of the jitter: give jitter too") }
        return Parameters(selection: ShapingFields.read(&reader), shape: .netem(shape))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.shapingQuery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try TrafficPlanner.plan(parameters.shape, parameters.selection, on: node)
    }
}
