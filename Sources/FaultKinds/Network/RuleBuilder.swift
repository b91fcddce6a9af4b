// From a selection of packets to rules: one for each family, chain, protocol, peer and group of ports.
import FaultModel

/// Builds the rules of one fault and keeps lifelines out of them.
struct RuleBuilder {
    let selection: PacketSelection
    let node: NodeView
    /// The verdict for a protocol's number; nil is any protocol.
    let verdict: (UInt8?) -> Verdict

    private(set) var rules: [PacketRule] = []
    private(set) var lifelines: LifelineGuard

    init(_ selection: PacketSelection, on node: NodeView, verdict: @escaping (UInt8?) -> Verdict) {
        self.selection = selection
        self.node = node
        self.verdict = verdict
        lifelines = LifelineGuard(selection, on: selection.container == nil ? node : node.insideContainer)
    }

    mutating func build() throws(Problem) -> Plan {
        let places = try Places(selection.container, on: node)
        try lifelines.refuseNamedPorts()
        try checkInterface()
        let ends = try ends()
        for (family, peer) in ends {
            for (chain, inbound) in chains {
                for proto in protocols(family, chain) { add(family, peer, chain, inbound: inbound, proto) }
                for proto in translatedProtocols(family) { addOriginalDestinations(family, peer, chain, inbound: inbound, proto) }
            }
        }
        try check(places)
        var plan = Plan()
        plan.changes = places.inside.map { .packets(PacketChange(rules: rules, inside: $0)) }
        plan.targets = places.targets
        plan.notes = places.notes + lifelines.notes(ends)
        // With the daemon dead the kernel ends these by the wall clock: nobody else may set that meanwhile.
        plan.claims = [.wallClock(shared: true)]
        return plan
    }

    private func check(_ places: Places) throws(Problem) {
        try lifelines.refuseBlindness()
        // What is left only of packets that the node's NAT sends elsewhere is not what was asked for.
        if rules.allSatisfy(\.isOfTranslated) { throw lifelines.nothingLeft() }
        let count = rules.count * places.inside.count
        guard count > Limits.packetRules else { return }
        throw Problem(
            .impossible, "this would take \(count) packet rules, and \(Limits.packetRules) is the most for one fault",
            hint: "use networks instead of single addresses, or ranges instead of single ports")
    }

    // MARK: which chains, protocols and peers

    private var chains: [(PacketChain, inbound: Bool)] {
        var chains: [(PacketChain, Bool)] = []
        if selection.direction != .in { chains += [(.output, false)] + (selection.forwarded ? [(.forward, false)] : []) }
        if selection.direction != .out { chains += [(.input, true)] + (selection.forwarded ? [(.forward, true)] : []) }
        // Forwarded packets of no particular port, peer or interface look the same in both directions: one rule is enough.
        let narrow = hasPorts || !selection.peers.isEmpty || selection.interface != nil
        if narrow || selection.direction != .both { return chains }
        return chains.filter { $0 != (.forward, true) }
    }

    private var hasPorts: Bool { !selection.ports.isEmpty || !selection.sourcePorts.isEmpty }

    private func protocols(_ family: IPFamily, _ chain: PacketChain) -> [ProtocolMatch?] {
        switch selection.proto {
        case .tcp: [.init(ProtocolMatch.tcp)]
        case .udp: [.init(ProtocolMatch.udp)]
        case .sctp: [.init(ProtocolMatch.sctp)]
        case .icmp: family == .ipv4 ? [.init(ProtocolMatch.icmp)] : []
        case .any where hasPorts: [.init(ProtocolMatch.tcp), .init(ProtocolMatch.udp)]
        // A rule can except one protocol, and two have lifelines: the node's own packets need a rule for each protocol.
        case .any where family == .ipv4 && chain == .forward: [.init(ProtocolMatch.tcp), .init(ProtocolMatch.tcp, negated: true)]
        case .any: ([ProtocolMatch.tcp, ProtocolMatch.udp] + ProtocolMatch.others(family)).map { .init($0) }
        }
    }

    /// Those that NAT handles; the lease of an address is never translated.
    private func translatedProtocols(_ family: IPFamily) -> [ProtocolMatch?] {
        guard selection.proto == .any, !hasPorts else { return protocols(family, .forward) }
        let ipv6 = [ProtocolMatch.tcp, ProtocolMatch.udp, ProtocolMatch.sctp]
        return family == .ipv4 ? protocols(.ipv4, .forward) : ipv6.map { .init($0) }
    }

    /// The other ends: every address of each peer, or everybody of each family.
    func ends() throws(Problem) -> [(family: IPFamily, peer: CIDR?)] {
        if selection.peers.isEmpty { return IPFamily.allCases.map { ($0, nil) } }
        var ends: [(family: IPFamily, peer: CIDR?)] = []
        for peer in selection.peers {
            for cidr in try addresses(of: peer) where !ends.contains(where: { $0.peer == cidr }) { ends.append((cidr.family, cidr)) }
        }
        return ends
    }

    private func addresses(of peer: Peer) throws(Problem) -> [CIDR] {
        switch peer {
        case .network(let cidr): return [cidr]
        case .host(let name):
            guard let found = node.addresses[name], !found.isEmpty else {
                throw Problem(
                    .noMatch, "the host name \(name) does not resolve on this node", hint: "give an address, or mend the name",
                    errors: [.init("spec.\(selection.peersField)", "\(name) does not resolve")])
            }
            return found
        }
    }

    private func checkInterface() throws(Problem) {
        // Those of a container are looked at when its network is entered.
        guard selection.container == nil, let wanted = selection.interface?.name, !node.interfaces.contains(where: { $0.name == wanted }) else {
            return
        }
        let names = node.interfaces.map(\.name)
        throw Problem(
            .noMatch, "this node has no interface \(wanted)",
            hint: nearest(to: wanted, among: names).map { "did you mean \($0)?" } ?? "it has \(names.joined(separator: ", "))",
            errors: [.init("spec.interface", "must be one of \(names.joined(separator: ", "))")])
    }

    // MARK: rules

    private mutating func add(_ family: IPFamily, _ peer: CIDR?, _ chain: PacketChain, inbound: Bool, _ proto: ProtocolMatch?) {
        var rule = blank(family, chain, inbound: inbound, proto)
        if inbound { rule.source = peer } else { rule.destination = peer }
        if !hasPorts, selection.proto == .any { lifelines.spare(.neighbours) }
        let wanted = PortPair(source: PortSet(selection.sourcePorts), destination: PortSet(selection.ports))
        // What is passed on for others is nobody's way to this node.
        let left = chain == .forward ? wanted : lifelines.carve(wanted, proto, inbound: inbound)
        if let left { append(rule, left) }
    }

    /// What was sent to the port, or to the peer, before this node's own NAT sent it elsewhere: a Service behind kube-proxy, a published port.
    private mutating func addOriginalDestinations(
        _ family: IPFamily, _ peer: CIDR?, _ chain: PacketChain, inbound: Bool, _ proto: ProtocolMatch?
    ) {
        guard !selection.ports.isEmpty || (peer != nil && !inbound) else { return }
        var rule = blank(family, chain, inbound: inbound, proto)
        if inbound { rule.source = peer } else { rule.originalDestination = peer }
        let wanted = PortPair(source: PortSet(selection.sourcePorts), destination: .all)
        let left = chain == .forward ? wanted : lifelines.carve(wanted, proto, inbound: inbound, translated: true)
        for port in selection.ports.isEmpty ? [nil] : selection.ports.map(Optional.some) {
            rule.originalDestinationPorts = port
            if let left { append(rule, left) }
        }
    }

    private mutating func blank(_ family: IPFamily, _ chain: PacketChain, inbound: Bool, _ proto: ProtocolMatch?) -> PacketRule {
        var rule = PacketRule(family: family, chain: chain, verdict: verdict(proto.flatMap { $0.negated ? nil : $0.number }))
        rule.proto = proto
        rule.probability = selection.probability < 1 ? selection.probability : nil
        rule.every = selection.every
        setInterface(&rule, inbound: inbound)
        return rule
    }

    private mutating func append(_ rule: PacketRule, _ ports: PortPair) {
        var rule = rule
        for source in ports.source.matches {
            for destination in ports.destination.matches {
                rule.sourcePorts = source
                rule.destinationPorts = destination
                rules.append(rule)
            }
        }
    }

    private mutating func setInterface(_ rule: inout PacketRule, inbound: Bool) {
        let match: InterfaceMatch
        if let interface = selection.interface {
            match = InterfaceMatch(interface.name)
        } else if !hasPorts, selection.peers.isEmpty, rule.chain != .forward {
            // Without ports or peers the fault is about the network, not about the node's talk with itself.
            match = InterfaceMatch("lo", negated: true)
            lifelines.spare(.loopback)
        } else {
            return
        }
        if inbound { rule.inInterface = match } else { rule.outInterface = match }
    }
}

extension PacketRule {
    fileprivate var isOfTranslated: Bool { originalDestination != nil || originalDestinationPorts != nil }
}

extension ProtocolMatch {
    /// What else a node speaks, tunnels and routers' talk (numbers of the IANA registry): IPIP, IPv6 in IPv4, GRE, ESP, OSPF, VRRP, SCTP.
    /// ICMP is IPv4's only: IPv6 finds its neighbours by it, and without them nothing is reachable.
    static func others(_ family: IPFamily) -> [UInt8] {
        (family == .ipv4 ? [icmp] : []) + [4, 41, 47, 50, 89, 112, sctp]
    }
}
