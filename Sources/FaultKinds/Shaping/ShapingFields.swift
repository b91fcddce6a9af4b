// The fields that choose whose traffic is shaped, the same for every kind that does.
import FaultModel

enum ShapingFields {
    static let interface = Field<InterfaceName>(
        "interface",
        "Interface whose traffic is shaped. Left out: that of the default route, or the only one that is up; in a container eth0.")
    static let correlation = Field<Double>(
        "correlation", "How much chance depends on the packet before, in percent: 25 makes bursts of it.",
        check: { $0 >= 0 && $0 <= 100 ? nil : "must be from 0 to 100" })

    static func percent(_ what: String) -> Field<Double> {
        Field("percent", what, check: { $0 > 0 && $0 <= 100 ? nil : "must be above 0 and at most 100, such as 5" })
    }

    static func delay(default fallback: Duration?, _ what: String) -> Field<Duration> {
        Field("delay", default: fallback, what, check: { $0 > .zero && $0 <= longest ? nil : "must be above 0 and at most \(longest.text)" })
    }

    /// More is an outage; network.drop is that.
    static let longest = Duration.seconds(60)

    static var all: [FieldDescription] {
        [
            PacketFields.direction.description, PacketFields.proto.description, PacketFields.ports.description, PacketFields.sourcePorts.description,
            PacketFields.peers.description, interface.description, ContainerScope.field,
        ]
    }

    static func read(_ reader: inout SpecReader) -> PacketSelection {
        var selection = PacketSelection()
        selection.direction = reader.read(PacketFields.direction) ?? .out
        selection.proto = reader.read(PacketFields.proto) ?? .any
        selection.ports = reader.read(PacketFields.ports) ?? []
        selection.sourcePorts = reader.read(PacketFields.sourcePorts) ?? []
        selection.peers = reader.read(PacketFields.peers) ?? []
        selection.interface = reader.read(interface)
        selection.container = ContainerScope.read(&reader)
        if !selection.proto.hasPorts, !(selection.ports + selection.sourcePorts).isEmpty {
            reader.refuse("protocol", "\(selection.proto.rawValue) has no ports; leave out ports, or choose tcp, udp or sctp")
        }
        return selection
    }
}

extension PacketSelection {
    /// Adds the interfaces, one of which is chosen where none was named.
    var shapingQuery: NodeQuery {
        var query = query
        query.interfaces = container == nil
        return query
    }
}

extension FieldDescription {
    var asRequired: FieldDescription {
        var field = self
        field.required = true
        return field
    }
}

extension KindManual {
    /// Of every kind that shapes.
    static func shaping(next: String) -> KindManual {
        KindManual(
            touches: """
                The interface's root qdisc, while it is the kernel's own: htb with the handle fa17: takes its place, and only the packets that the \
                fault means go through its one class. What arrives is sent through a device of faultd's own (faultd… of type ifb) and back. An \
                interface whose qdisc somebody else has set is refused. Left alone: ssh, faultd's own and the protected ports, DHCP and the \
                discovery of neighbours; of a container's network the last only. Packets are matched after the node's own NAT, without IP options or IPv6 \
                extension headers where ports or protocols are named, and fragments after the first have no ports.
                """,
            undo: """
                The qdisc that carries the fault's mark is removed, and the kernel puts its own back; the device goes too. Packets that wait in it \
                are lost. If somebody has put another qdisc in its place, that stays and is told as drift. In a network that is gone, since its \
                container ended, nothing is left to remove.
                """,
            backstop: """
                A transient timer of systemd runs faultd revert for this fault half a second after the lease.
                """,
            next: next)
    }
}
