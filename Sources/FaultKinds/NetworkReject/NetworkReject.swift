// network.reject: packets are answered with an error.
public import FaultModel

/// Refuses packets with a TCP reset or an ICMP error: clients fail at once instead of waiting.
public struct NetworkReject: FaultKind {
    public struct Parameters: Sendable {
        var selection: PacketSelection
        var reason: RejectReason?
    }

    public init() {}

    private static let with = Field<RejectReason>(
        "with",
        "The answer: tcp-reset, port-unreachable, host-unreachable, net-unreachable or admin-prohibited. If left out: tcp-reset for tcp, "
            + "port-unreachable for the rest.")

    public let name = "network.reject"
    public let summary = "Refuse packets, so that connections fail at once"
    public let details = """
        Answers matching packets with a TCP reset or an ICMP error, in both IP families, by rules in chains of faultd's own. \
        The kernel stops matching at the end of the lease by itself; reverting removes the rules by their mark.
        """
    public var manual: KindManual {
        KindManual(
            touches: PacketManual.touches, undo: PacketManual.undo, backstop: PacketManual.backstop,
            next: """
                Clients fail at once and many of them retry at once: expect a storm of new connections. A health check that fails fast may take \
                the node out of a load balancer.
                """)
    }
    public let requires: [Capability] = [.netfilter]
    public var fields: [FieldDescription] { PacketFields.all(forwarded: false) + [Self.with.description] }
    public var examples: [KindExample] {
        [
            KindExample("Outgoing PostgreSQL, refused as if nothing listened", ["protocol": "tcp", "port": "5432", "with": "tcp-reset"]),
            KindExample("A network that is prohibited", ["peer": "10.99.0.0/16", "with": "admin-prohibited"]),
            KindExample("Incoming requests to a web server", ["direction": "in", "protocol": "tcp", "port": "80"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let selection = PacketFields.read(&reader, forwarded: false)
        let reason = reader.read(Self.with)
        if reason == .tcpReset, selection.proto != .tcp {
            reader.refuse("with", "tcp-reset answers tcp only; add protocol tcp, or choose another answer")
        }
        return Parameters(selection: selection, reason: reason)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        var builder = RuleBuilder(parameters.selection, on: node) { proto in
            .reject(parameters.reason ?? (proto == ProtocolMatch.tcp ? .tcpReset : .portUnreachable))
        }
        return try builder.build()
    }
}
