// From a selection of packets to the filters of one interface, with the node's lifelines spared.
import FaultModel

struct TrafficPlanner {
    private let selection: PacketSelection
    private let node: NodeView
    private let ends: [(family: IPFamily, peer: CIDR?)]
    private var lifelines: LifelineGuard

    static func plan(_ shape: TrafficShape, _ selection: PacketSelection, on node: NodeView) throws(Problem) -> Plan {
        var planner = try TrafficPlanner(selection, on: node)
        return try planner.build(shape)
    }

    private init(_ selection: PacketSelection, on node: NodeView) throws(Problem) {
        // Peers and what is left alone are those of packet rules.
        let builder = RuleBuilder(selection, on: node) { _ in .drop }
        self.selection = selection
        self.node = node
        ends = try builder.ends()
        lifelines = builder.lifelines
    }

    private mutating func build(_ shape: TrafficShape) throws(Problem) -> Plan {
        let places = try Places(selection.container, on: node)
        try lifelines.refuseNamedPorts()
        let (interface, why) = try interface()
        var plan = Plan()
        for direction in directions {
            noteSpared(direction)
            let (hit, spared) = (hit(direction), spared(direction))
            try check(hit, spared)
            for pin in places.inside {
                plan.changes.append(
                    .traffic(TrafficChange(interface: interface, direction: direction, shape: shape, hit: hit, spared: spared, inside: pin)))
                plan.claims.append(.traffic(of: interface, direction, inside: pin))
            }
        }
        try lifelines.refuseBlindness()
        plan.targets = places.targets
        plan.notes = places.notes + (why.map { ["on \(interface): \($0)"] } ?? []) + lifelines.notes(ends)
        return plan
    }

    private func check(_ hit: [TrafficMatch], _ spared: [TrafficMatch]) throws(Problem) {
        if hit.isEmpty { throw lifelines.nothingLeft() }
        guard hit.count + spared.count > Limits.trafficFilters else { return }
        throw Problem(
            .impossible, "this would take \(hit.count + spared.count) filters, and \(Limits.trafficFilters) is the most for one interface",
            hint: "use networks instead of single addresses, and fewer or rounder ranges of ports")
    }

    private var directions: [TrafficDirection] {
        switch selection.direction {
        case .out: [.out]
        case .in: [.in]
        case .both: [.out, .in]
        }
    }

    // MARK: which interface

    /// The interface, and why it was chosen where none was named.
    private func interface() throws(Problem) -> (String, String?) {
        if let name = selection.interface?.name {
            if selection.container == nil { try refuseUseless(name) }
            return (name, nil)
        }
        if selection.container != nil { return ("eth0", "what Docker and CNI call a container's interface") }
        let up = node.interfaces.filter { $0.isUp && !$0.isLoopback }
        let carrying = up.filter { !$0.carries.isEmpty }
        if carrying.count == 1 { return (carrying[0].name, carrying[0].carries[0]) }
        if carrying.isEmpty, up.count == 1 { return (up[0].name, "the only one that is up") }
        let names = (carrying.isEmpty ? up : carrying).map(\.name).joined(separator: ", ")
        throw Problem(
            .noMatch, "which interface is meant can't be told: there are \(names.isEmpty ? "none that are up" : names)",
            hint: "name one: interface=eth0",
            errors: [.init("spec.interface", "is required here: one of \(names)")])
    }

    private func refuseUseless(_ name: String) throws(Problem) {
        let found = try node.interface(name)
        guard !found.isUp else { return }
        throw Problem(
            .noEffect, "\(name) is down: there is no traffic to shape", hint: "choose another interface",
            errors: [.init("spec.interface", "\(name) is down")])
    }

    // MARK: which packets

    private var hasPorts: Bool { !selection.ports.isEmpty || !selection.sourcePorts.isEmpty }

    private func protocols(_ family: IPFamily) -> [UInt8?] {
        switch selection.proto {
        case .tcp: [ProtocolMatch.tcp]
        case .udp: [ProtocolMatch.udp]
        case .sctp: [ProtocolMatch.sctp]
        case .icmp: family == .ipv4 ? [ProtocolMatch.icmp] : []
        case .any: hasPorts ? [ProtocolMatch.tcp, ProtocolMatch.udp] : [nil]
        }
    }

    private func hit(_ direction: TrafficDirection) -> [TrafficMatch] {
        let (from, to) = (Self.bits(selection.sourcePorts), Self.bits(selection.ports))
        return ends.flatMap { end in
            let (source, destination) = direction == .out ? (nil, end.peer) : (end.peer, nil)
            return protocols(end.family).flatMap { proto in
                from.flatMap { sourcePorts in
                    to.map { destinationPorts in
                        TrafficMatch(
                            end.family, source: source, destination: destination, proto: proto, sourcePorts: sourcePorts,
                            destinationPorts: destinationPorts)
                    }
                }
            }
        }
    }

    /// None named is all.
    private static func bits(_ ranges: [PortRange]) -> [PortBits?] {
        ranges.isEmpty ? [nil] : PortSet.merged(ranges).flatMap { PortBits.covering($0) }
    }

    // MARK: what is left alone

    /// As packet rules would be carved, so that the answer says the same.
    private mutating func noteSpared(_ direction: TrafficDirection) {
        let pair = PortPair(source: PortSet(selection.sourcePorts), destination: PortSet(selection.ports))
        for proto in [ProtocolMatch.tcp, ProtocolMatch.udp] where protocols(.ipv4).contains(where: { $0 == nil || $0 == proto }) {
            if selection.container == nil { _ = lifelines.carve(pair, ProtocolMatch(proto), inbound: direction == .in) }
        }
        if !hasPorts, selection.proto == .any { lifelines.spare(.neighbours) }
    }

    private func spared(_ direction: TrafficDirection) -> [TrafficMatch] {
        Set(ends.map(\.family)).sorted { $0.rawValue < $1.rawValue }.flatMap { family in
            (selection.container == nil ? ssh(family, direction) + dhcp(family, direction) : []) + neighbours(family)
        }
    }

    private func ssh(_ family: IPFamily, _ direction: TrafficDirection) -> [TrafficMatch] {
        guard [.any, .tcp].contains(selection.proto) else { return [] }
        return PortSet.merged(lifelines.ports.map(\.range)).flatMap { PortBits.covering($0) }.map { bits in
            TrafficMatch(
                family, proto: ProtocolMatch.tcp, sourcePorts: direction == .out ? bits : nil, destinationPorts: direction == .in ? bits : nil)
        }
    }

    /// A client's port and its server's (RFC 2131 section 4.1, RFC 8415 section 7.2).
    private func dhcp(_ family: IPFamily, _ direction: TrafficDirection) -> [TrafficMatch] {
        guard [.any, .udp].contains(selection.proto) else { return [] }
        let ports: (client: UInt16, server: UInt16) = family == .ipv4 ? (68, 67) : (546, 547)
        let (client, server) = (PortBits(value: ports.client, mask: .max), PortBits(value: ports.server, mask: .max))
        return [
            TrafficMatch(
                family, proto: ProtocolMatch.udp, sourcePorts: direction == .out ? client : server,
                destinationPorts: direction == .out ? server : client)
        ]
    }

    /// ARP is no IP packet. Of ICMPv6 the solicitations and advertisements, of routers and of neighbours, and redirects (RFC 4861 section 4).
    private func neighbours(_ family: IPFamily) -> [TrafficMatch] {
        guard family == .ipv6, selection.proto == .any, !hasPorts else { return [] }
        return (133...137).map { TrafficMatch(.ipv6, proto: ProtocolMatch.icmp6, icmpType: $0) }
    }
}

extension Claim {
    fileprivate static func traffic(of interface: String, _ direction: TrafficDirection, inside pin: ContainerPin?) -> Claim {
        Claim("traffic:\(pin.map { "\($0.runtime.rawValue)/\($0.id)/" } ?? "")\(interface)/\(direction.rawValue)")
    }
}

extension NodeView {
    /// The interface of that name, or a problem that names the nearest.
    func interface(_ wanted: String) throws(Problem) -> NetworkInterface {
        if let found = interfaces.first(where: { $0.name == wanted }) { return found }
        let names = interfaces.map(\.name)
        throw Problem(
            .noMatch, "this node has no interface \(wanted)",
            hint: nearest(to: wanted, among: names).map { "did you mean \($0)?" } ?? "it has \(names.joined(separator: ", "))",
            errors: [.init("spec.interface", "must be one of \(names.joined(separator: ", "))")])
    }
}
