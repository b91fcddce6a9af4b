// The fields that choose packets, the same for every kind that does.
import FaultModel

enum Direction: String, SpecWord {
    case `in`, out, both
}

enum TransportProtocol: String, SpecWord {
    case any, tcp, udp, sctp, icmp

    var hasPorts: Bool { self != .icmp }
}

/// Which packets a fault means.
struct PacketSelection: Sendable {
    var direction = Direction.out
    var proto = TransportProtocol.any
    var ports: [PortRange] = []
    var sourcePorts: [PortRange] = []
    var peers: [Peer] = []
    var interface: InterfaceName?
    var probability = 1.0
    /// Only every n-th packet; nil is all.
    var every: Int?
    var forwarded = false
    /// Inside whose network; nil is the node's own.
    var container: ContainerScope?
    /// The field that the peers came from, for errors.
    var peersField = "peers"

    var hostNames: [String] { peers.compactMap { if case .host(let name) = $0 { name } else { nil } } }
    var query: NodeQuery { ask(NodeQuery()) }

    /// Adds what these packets need to know to what else is asked.
    func ask(_ query: NodeQuery) -> NodeQuery {
        var query = ContainerScope.ask(query, for: container)
        query.hostNames = hostNames
        query.interfaces = interface != nil && container == nil
        query.lifelines = container == nil
        return query
    }
}

enum PacketFields {
    static let direction = Field<Direction>(
        "direction", default: .out, "out: packets that leave this node; in: packets that arrive; both. Ports are always those that are connected to.")
    static let proto = Field<TransportProtocol>(
        "protocol", default: .any,
        "tcp, udp, sctp, icmp (IPv4 only: IPv6 can't live without its ICMP) or any: these and the usual tunnels and routing protocols. With ports, "
            + "any means tcp and udp.")
    static let ports = Field<[PortRange]>(
        "ports", singular: "port", default: [], "Ports that are connected to: 443, or a range 8000-8099. None: all.")
    static let sourcePorts = Field<[PortRange]>("source_ports", singular: "source_port", default: [], "Ports that the packets come from. None: all.")
    static let peers = Field<[Peer]>(
        "peers", singular: "peer", default: [],
        "The other end: addresses, networks, or host names (resolved once, when the fault is planned). None: everybody.")
    static let interface = Field<InterfaceName>("interface", "Only packets that leave (out) or arrive (in) by this interface.")
    static let probability = Field<Double>(
        "probability", default: 1, "Share of matching packets that are hit, above 0 and up to 1.",
        check: { $0 > 0 && $0 <= 1 ? nil : "must be above 0 and at most 1, such as 0.25" })

    static func forwarded(default fallback: Bool) -> Field<Bool> {
        Field("forwarded", default: fallback, "Also packets that this node passes on for others: those of containers and pods.")
    }

    /// - Parameter share: whether a kind's probability is the caller's to say; it has a field of its own otherwise.
    static func all(forwarded fallback: Bool, share: Bool = true) -> [FieldDescription] {
        let fields = [
            direction.description, proto.description, ports.description, sourcePorts.description, peers.description, interface.description,
            probability.description, forwarded(default: fallback).description, ContainerScope.field,
        ]
        return share ? fields : fields.filter { $0.name != probability.name }
    }

    /// Of what is meant for the node itself.
    static func ofNode(forwarded fallback: Bool) -> [FieldDescription] { all(forwarded: fallback).filter { $0.name != ContainerScope.field.name } }

    static func read(_ reader: inout SpecReader, forwarded fallback: Bool, share: Bool = true) -> PacketSelection {
        var selection = readOfNode(&reader, forwarded: fallback, share: share)
        selection.container = ContainerScope.read(&reader)
        return selection
    }

    static func readOfNode(_ reader: inout SpecReader, forwarded fallback: Bool, share: Bool = true) -> PacketSelection {
        var selection = PacketSelection()
        selection.direction = reader.read(direction) ?? .out
        selection.proto = reader.read(proto) ?? .any
        selection.ports = reader.read(ports) ?? []
        selection.sourcePorts = reader.read(sourcePorts) ?? []
        selection.peers = reader.read(peers) ?? []
        selection.interface = reader.read(interface)
        if share { selection.probability = reader.read(probability) ?? 1 }
        selection.forwarded = reader.read(forwarded(default: fallback)) ?? fallback
        if !selection.proto.hasPorts, !(selection.ports + selection.sourcePorts).isEmpty {
            reader.refuse("protocol", "\(selection.proto.rawValue) has no ports; leave out ports, or choose tcp, udp or sctp")
        }
        return selection
    }
}
