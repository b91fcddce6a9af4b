// network.bandwidth: a slow link.
public import FaultModel

/// Holds packets back to a rate, as a thin or shared link does.
public struct NetworkBandwidth: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var shape: TrafficShape
    }

    public init() {}

    private static let rate = Field<BitRate>("rate", "How much may pass in a second: 500kbit, 1mbit, 1gbit.")
    private static let burst = Field<TrafficBytes>(
        "burst", "What may pass at once after a pause, such as 32kb. Left out: 10 ms of the rate, at least 16kb.",
        check: { $0.count >= leastBurst ? nil : "must be at least \(leastBurst)b: one packet must fit" })
    private static let latency = Field<Duration>(
        "latency", default: .milliseconds(100), "The longest that a packet waits; what would wait longer is dropped.",
        check: { $0 > .zero && $0 <= .seconds(10) ? nil : "must be above 0 and at most 10s" })

    /// Bytes of an Ethernet frame, and some more.
    private static let leastBurst: UInt32 = 1600

    public let name = "network.bandwidth"
    public let summary = "Limit how fast packets leave or arrive"
    public let details = """
        Holds matching packets back to a rate by a token bucket (tc-tbf): what exceeds it waits, and what would wait too long is dropped, so that \
        TCP slows down to the rate. Both families; each direction has the rate for itself.
        """
    public var manual: KindManual {
        .shaping(
            next: """
                TCP connections get slower and pings longer, as packets wait in the queue; health checks with short time limits fail. Nothing is \
                told to anybody: the link looks like a slow one.
                """)
    }
    public let requires: [Capability] = [.trafficControl]
    public var fields: [FieldDescription] {
        [Self.rate.description.asRequired, Self.burst.description, Self.latency.description] + ShapingFields.all
    }
    public var examples: [KindExample] {
        [
            KindExample("What leaves, to one megabit a second", ["rate": "1mbit"]),
            KindExample("Both ways, from and to a network", ["rate": "10mbit", "peer": "10.99.0.0/16", "direction": "both"]),
            KindExample("A container's answers to HTTPS", ["rate": "256kbit", "protocol": "tcp", "source_port": "443", "container.name": "^web$"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let rate = reader.read(Self.rate, standIn: BitRate(bitsPerSecond: BitRate.least))
        let burst = reader.read(Self.burst)
        let latency = reader.read(Self.latency) ?? .milliseconds(100)
        return Parameters(selection: ShapingFields.read(&reader), shape: .rate(Self.shape(rate, burst, latency)))
    }

    private static func shape(_ rate: BitRate, _ burst: TrafficBytes?, _ latency: Duration) -> RateShape {
        let burst = burst ?? TrafficBytes(UInt32(clamping: max(16 << 10, min(rate.bytesPerSecond / 100, UInt64(TrafficBytes.most)))))
        let waiting = Double(rate.bytesPerSecond) * Double(latency.nanoseconds) / 1e9
        let limit = TrafficBytes(UInt32(min(Double(TrafficBytes.most), waiting)) + burst.count)
        return RateShape(rate: rate, burst: burst, limit: limit)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.shapingQuery }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try TrafficPlanner.plan(parameters.shape, parameters.selection, on: node)
    }
}
