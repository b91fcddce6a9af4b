// From a selection of packets to rules: one for each family, chain, protocol, peer and group of ports.
import FaultModel

/// Builds the rules of one fault and keeps protected ports out of them.
struct RuleBuilder {
    let selection: PacketSelection
    let node: NodeView
    /// The verdict for a protocol's number; nil is any protocol.
    let verdict: (UInt8?) -> Verdict

    private(set) var rules: [PacketRule] = []
    private(set) var notes: [String] = []

    init(_ selection: PacketSelection, on node: NodeView, verdict: @escaping (UInt8?) -> Verdict) {
        self.selection = selection
        self.node = node
        self.verdict = verdict
    }

    mutating func build() throws(Problem) -> Plan {
        try refuseProtectedPorts()
        try checkInterface()
        for (family, peer) in try ends() {
            for (chain, inbound) in chains {
                for proto in protocols(family) { add(family, peer, chain, inbound: inbound, proto) }
            }
        }
        guard rules.count <= Limits.packetRules else {
            throw Problem(
                .impossible, "this would take \(rules.count) packet rules, and \(Limits.packetRules) is the most for one fault",
                hint: "use networks instead of single addresses, or ranges instead of single ports")
        }
        var plan = Plan()
        plan.changes = [.packets(PacketChange(rules: rules))]
        plan.notes = notes
        return plan
    }

    // MARK: which chains, protocols and peers

    private var chains: [(PacketChain, inbound: Bool)] {
        var chains: [(PacketChain, Bool)] = []
        if selection.direction != .in { chains += [(.output, false)] + (selection.forwarded ? [(.forward, false)] : []) }
        if selection.direction != .out { chains += [(.input, true)] + (selection.forwarded ? [(.forward, true)] : []) }
        // Forwarded packets of no particular port, peer or interface look the same in both directions: one rule is enough.
        let narrow = !selection.ports.isEmpty || !selection.sourcePorts.isEmpty || !selection.peers.isEmpty || selection.interface != nil
        if narrow || selection.direction != .both { return chains }
        return chains.filter { $0 != (.forward, true) }
    }

    private var hasPorts: Bool { !selection.ports.isEmpty || !selection.sourcePorts.isEmpty }

    private func protocols(_ family: IPFamily) -> [ProtocolMatch?] {
        switch selection.proto {
        case .tcp: [.init(ProtocolMatch.tcp)]
        case .udp: [.init(ProtocolMatch.udp)]
        case .sctp: [.init(ProtocolMatch.sctp)]
        case .icmp: family == .ipv4 ? [.init(ProtocolMatch.icmp)] : []
        case .any where hasPorts: [.init(ProtocolMatch.tcp), .init(ProtocolMatch.udp)]
        // IPv6 finds its neighbours by ICMP: without it nothing is reachable, protected ports included.
        case .any where family == .ipv6: [.init(ProtocolMatch.tcp), .init(ProtocolMatch.udp), .init(ProtocolMatch.sctp)]
        case .any: [.init(ProtocolMatch.tcp), .init(ProtocolMatch.tcp, negated: true)]
        }
    }

    private func ends() throws(Problem) -> [(IPFamily, CIDR?)] {
        if selection.peers.isEmpty { return IPFamily.allCases.map { ($0, nil) } }
        var ends: [(IPFamily, CIDR?)] = []
        for peer in selection.peers {
            for cidr in try addresses(of: peer) where !ends.contains(where: { $0.1 == cidr }) { ends.append((cidr.family, cidr)) }
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
                    errors: [.init("spec.peers", "\(name) does not resolve")])
            }
            return found
        }
    }

    private func checkInterface() throws(Problem) {
        guard let wanted = selection.interface?.name, !node.interfaces.contains(where: { $0.name == wanted }) else { return }
        let names = node.interfaces.map(\.name)
        throw Problem(
            .noMatch, "this node has no interface \(wanted)",
            hint: nearest(to: wanted, among: names).map { "did you mean \($0)?" } ?? "it has \(names.joined(separator: ", "))",
            errors: [.init("spec.interface", "must be one of \(names.joined(separator: ", "))")])
    }

    // MARK: rules

    private mutating func add(_ family: IPFamily, _ peer: CIDR?, _ chain: PacketChain, inbound: Bool, _ proto: ProtocolMatch?) {
        var rule = PacketRule(family: family, chain: chain, verdict: verdict(proto.flatMap { $0.negated ? nil : $0.number }))
        rule.proto = proto
        rule.probability = selection.probability < 1 ? selection.probability : nil
        if inbound { rule.source = peer } else { rule.destination = peer }
        setInterface(&rule, inbound: inbound)
        for sources in groups(selection.sourcePorts) {
            for destinations in groups(selection.ports) {
                rule.sourcePorts = sources
                rule.destinationPorts = destinations
                rules.append(carvedOut(rule, inbound: inbound))
            }
        }
        addOriginalDestinations(rule, peer, inbound: inbound)
    }

    /// What was sent to the port, or to the peer, before this node's own NAT sent it elsewhere: a Service behind kube-proxy, a published port.
    private mutating func addOriginalDestinations(_ base: PacketRule, _ peer: CIDR?, inbound: Bool) {
        guard hasPorts ? base.proto?.negated == false : peer != nil && !inbound else { return }
        var rule = base
        rule.destinationPorts = nil
        if !inbound {
            rule.destination = nil
            rule.originalDestination = peer
        }
        for sources in groups(selection.sourcePorts) {
            rule.sourcePorts = sources
            for port in selection.ports.isEmpty ? [nil] : selection.ports.map(Optional.some) {
                rule.originalDestinationPorts = port
                if port != nil || rule.originalDestination != nil { rules.append(carvedOut(rule, inbound: inbound)) }
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
            note("loopback is left alone")
        } else {
            return
        }
        if inbound { rule.inInterface = match } else { rule.outInterface = match }
    }

    /// Ports in groups that one multiport match can hold: 15 places, a range taking two (iptables-extensions(8)).
    private func groups(_ ports: [PortRange]) -> [PortMatch?] {
        guard !ports.isEmpty else { return [nil] }
        var groups: [[PortRange]] = [[]]
        var places = 0
        for port in ports {
            let size = port.low == port.high ? 1 : 2
            if places + size > 15 {
                groups.append([])
                places = 0
            }
            groups[groups.count - 1].append(port)
            places += size
        }
        return groups.map { PortMatch($0) }
    }

    // MARK: protected ports

    /// Only tcp to and from this node itself can lock anybody out.
    private func carvedOut(_ rule: PacketRule, inbound: Bool) -> PacketRule {
        guard rule.chain != .forward, rule.proto == ProtocolMatch(ProtocolMatch.tcp), !node.protection.ports.isEmpty else { return rule }
        var rule = rule
        let protected = PortMatch(node.protection.ports, negated: true)
        if inbound {
            if rule.destinationPorts == nil { rule.destinationPorts = protected }
        } else if rule.sourcePorts == nil, reachesClients(rule) {
            rule.sourcePorts = protected
        }
        return rule
    }

    /// Answers to a client go to a high port: a rule on low ports alone can't hit them.
    private func reachesClients(_ rule: PacketRule) -> Bool {
        guard let ports = rule.destinationPorts?.ranges ?? rule.originalDestinationPorts.map({ [$0] }) else { return true }
        return ports.contains { $0.high >= 1024 }
    }

    private mutating func refuseProtectedPorts() throws(Problem) {
        guard selection.proto == .tcp || selection.proto == .any else { return }
        let local =
            (selection.direction != .out ? selection.ports.map { ("spec.ports", $0) } : [])
            + (selection.direction != .in ? selection.sourcePorts.map { ("spec.source_ports", $0) } : [])
        let errors = local.compactMap { field, range -> Problem.FieldError? in
            guard let hit = node.protection.ports.first(where: range.overlaps) else { return nil }
            return .init(field, "\(range.text) includes port \(hit.text) of this node, which its policy protects")
        }
        guard errors.isEmpty else {
            throw Problem(
                .protectedTarget, errors.map { "\($0.field) \($0.message)" }.joined(separator: "; "),
                hint: "leave the protected port out; protected_ports in faultd.yaml lists them", errors: errors)
        }
        if !node.protection.ports.isEmpty, selection.ports.isEmpty || selection.ports.contains(where: { $0.high >= 1024 }) {
            note("tcp port \(node.protection.ports.map(\.text).joined(separator: ", ")) of this node stays reachable (protected_ports)")
        }
        if selection.proto == .any, !hasPorts { note("ICMPv6 is left alone: IPv6 finds its neighbours by it") }
    }

    private mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }
}
