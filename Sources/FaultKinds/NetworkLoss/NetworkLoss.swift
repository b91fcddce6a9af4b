// network.loss: some packets vanish.
public import FaultModel

/// Drops a share of the packets, by chance or by turns, as a bad link does: connections get slow long before they break.
public struct NetworkLoss: FaultKind {
    public struct Parameters: Sendable { var selection: PacketSelection }

    public init() {}

    private static let loss = Field<Double>(
        "loss", "Percentage of matching packets that are lost, each by chance: above 0 and below 100.",
        check: { $0 > 0 && $0 < 100 ? nil : "must be above 0 and below 100, such as 2.5; network.drop loses all" })
    private static let every = Field<Int>(
        "every", "Instead of loss: every n-th matching packet is lost, at least 2. Each rule counts its own packets: IPv4 and IPv6, out and in.",
        check: { (2...1_000_000).contains($0) ? nil : "must be from 2 to 1000000; network.drop loses all" })

    public let name = "network.loss"
    public let summary = "Lose some packets, by chance or every n-th"
    public let details = """
        Drops a share of matching packets in both IP families: each with the same chance (loss), or every n-th of them (every), which is the same \
        in each run. A port also matches where the node's own NAT has already rewritten it (a Kubernetes Service, a published container port). \
        The kernel stops matching at the end of the lease by itself; reverting removes the rules by their mark.
        """
    public var manual: KindManual {
        KindManual(
            touches: PacketManual.touches, undo: PacketManual.undo, backstop: PacketManual.backstop,
            next: """
                TCP sends again what was lost, and slower: some per cent of loss divide the throughput of a long connection, and above about 30% \
                many time out. What is sent once over UDP, DNS queries among it, is asked again after the client's own time limit.
                """)
    }
    public let requires: [Capability] = [.netfilter]
    public var fields: [FieldDescription] {
        PacketFields.all(forwarded: false, share: false) + [Self.loss.description, Self.every.description]
    }
    public var examples: [KindExample] {
        [
            KindExample("A tenth of what is sent to a database", ["protocol": "tcp", "port": "5432", "loss": "10"]),
            KindExample("Every third answer of DNS", ["direction": "in", "protocol": "udp", "source_port": "53", "every": "3"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        var selection = PacketFields.read(&reader, forwarded: false, share: false)
        let (loss, every) = (reader.read(Self.loss), reader.read(Self.every))
        if loss == nil, every == nil, reader.errors.isEmpty {
            reader.refuse("loss", "say how much is lost: loss=10 for a tenth by chance, or every=10 for each tenth packet")
        }
        if loss != nil, every != nil { reader.refuse("every", "a packet is lost by chance or by its turn; leave out loss or every") }
        if let loss { selection.probability = loss / 100 }
        selection.every = every
        return Parameters(selection: selection)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        var builder = RuleBuilder(parameters.selection, on: node) { _ in .drop }
        return try builder.build()
    }
}
