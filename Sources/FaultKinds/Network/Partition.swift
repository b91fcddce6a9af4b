// Being cut off: from whom, and what becomes of the connections that there are.
import FaultModel

/// Who is cut off: a peer, or everybody.
enum PartitionSide: SpecValue, Hashable {
    case peer(Peer)
    case everything

    private static let word = "everything"

    init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        if value == .string(Self.word) {
            self = .everything
            return
        }
        do { self = .peer(try Peer(spec: value, lenient: lenient)) } catch {
            throw ValueError("must be an address, a network (10.0.0.0/8), a host name or \"\(Self.word)\", not \(value.text())")
        }
    }

    var spec: JSONValue {
        switch self {
        case .peer(let peer): peer.spec
        case .everything: .string(Self.word)
        }
    }
    static var schema: JSONValue { ["type": "string", "examples": ["10.0.0.0/8", "db.example.com", "everything"]] }
}

/// The fields of a partition, which node.cut has as well.
struct Partition: Sendable {
    var sides: [PartitionSide]
    var cutsEstablished: Bool

    private static let fromDoc =
        "Whom to cut off, in both directions and all protocols: addresses, networks, host names (resolved once, when the fault is planned), or "
        + "everything but the node's lifelines."
    static let from = Field<[PartitionSide]>("from", fromDoc, check: complaint)
    private static let cutEstablished = Field<Bool>(
        "cut_established", default: false,
        "Abort established TCP connections with them at once, so that programs here get an error instead of waiting. The other end hears nothing.")

    static var descriptions: [FieldDescription] { [from.description, cutEstablished.description] }

    /// Nil when it is not asked for.
    static func read(_ reader: inout SpecReader) -> Partition? {
        let sides = reader.read(from)
        let cuts = reader.read(cutEstablished) ?? false
        if sides == nil, cuts, reader.errors.isEmpty { reader.refuse("cut_established", "goes with from: it means connections with those") }
        return sides.map { Partition(sides: $0, cutsEstablished: cuts) }
    }

    static func read(required reader: inout SpecReader) -> Partition {
        Partition(sides: reader.read(from, standIn: []), cutsEstablished: reader.read(cutEstablished) ?? false)
    }

    private static let complaint: @Sendable ([PartitionSide]) -> String? = { sides in
        if sides.isEmpty { return "must name at least one address, network or host name, or be \"everything\"" }
        return sides.contains(.everything) && sides.count > 1 ? "must be \"everything\" alone, or leave that word out" : nil
    }

    private var peers: [Peer] { sides.compactMap { if case .peer(let peer) = $0 { peer } else { nil } } }
    private var isWhole: Bool { sides.contains(.everything) }

    /// The packets that it means.
    func selection(forwarded: Bool, container: ContainerScope?) -> PacketSelection {
        var selection = PacketSelection()
        selection.direction = .both
        selection.peers = peers
        selection.peersField = Self.from.name
        selection.forwarded = forwarded
        selection.container = container
        return selection
    }

    /// The rules first, so that what is cut can't connect again.
    func plan(_ selection: PacketSelection, on node: NodeView) throws(Problem) -> Plan {
        var builder = RuleBuilder(selection, on: node) { _ in .drop }
        var plan = try builder.build()
        if cutsEstablished {
            let ends = try builder.ends().compactMap(\.peer)
            plan.changes += plan.changes.compactMap { change -> Change? in
                guard case .packets(let packets) = change else { return nil }
                return .sockets(SocketChange(peers: ends, sparing: builder.lifelines, inside: packets.inside))
            }
        }
        if isWhole, selection.container == nil, !node.awaitsConfirmation {
            plan.notes.append("this cuts the node off: confirm_within=30s would end it unless somebody confirms that they still get in")
        }
        return plan
    }
}

extension SocketChange {
    fileprivate init(peers: [CIDR], sparing lifelines: LifelineGuard, inside container: ContainerPin?) {
        self.init(
            peers: peers, sparedPorts: lifelines.ports.map(\.range), sparedSessions: lifelines.node.lifelines.sshPeers, inside: container)
    }
}
