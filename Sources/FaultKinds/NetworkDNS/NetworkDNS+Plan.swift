// From names to the rules that catch their queries, and the worker that answers them.
public import FaultModel

extension NetworkDNS {
    /// Of every answer of ours: who else sends such packets is not tracked either while a fault is in force.
    static let mark: UInt32 = 0xFA17_D115
    private static let port = PortMatch([PortRange(53, 53)])

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let places = try Places(parameters.container, on: node)
        try refuseTaken(parameters.names, places, on: node)
        let rules = try rules(parameters, on: node)
        try refuseTooMany(rules.count * places.inside.count)
        var plan = Plan()
        // First applied, so last reverted: the rules find it there for as long as they are.
        plan.changes = [.workers(WorkerChange(workers: places.inside.map { worker(parameters, inside: $0) }))]
        plan.changes += places.inside.map { .packets(PacketChange(rules: rules, inside: $0)) }
        plan.claims = places.inside.flatMap { place in parameters.names.map { Self.claim($0, place) } }
        plan.targets = places.targets
        plan.notes = places.notes
        return plan
    }

    // MARK: the worker

    private func worker(_ parameters: Parameters, inside container: ContainerPin?) -> Worker {
        let names = parameters.names.map(\.text)
        var words = ["dns", "--queue", String(Self.queue(parameters.names)), "--mark", String(Self.mark)]
        words += names.flatMap { ["--name", $0] } + parameters.answers.flatMap { ["--answer", $0.text] }
        let place = container.map { " inside \($0.name)" } ?? ""
        let answer = parameters.answers.map(\.text).joined(separator: ", ")
        var worker = Worker(.faultd, words, summary: "DNS queries for \(names.joined(separator: ", "))\(place) answered with \(answer)")
        worker.network = container
        return worker
    }

    /// In the upper half, where no program's default is. Faults for other names have others, but by a chance of 1 in 32,768: the second fails to start.
    static func queue(_ names: [DNSName]) -> UInt16 {
        // FNV-1a.
        let hash = names.map(\.text).sorted().joined(separator: ",").utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return 0x8000 | UInt16(truncatingIfNeeded: hash >> 16 ^ hash)
    }

    // MARK: the rules

    private func rules(_ parameters: Parameters, on node: NodeView) throws(Problem) -> [PacketRule] {
        let verdict = Verdict.queue(Self.queue(parameters.names))
        let chains: [PacketChain] = [.output] + (parameters.forwarded ? [.prerouting] : [])
        var rules: [PacketRule] = []
        for (family, server) in try RuleBuilder(parameters.servers, on: node, verdict: { _ in verdict }).ends() {
            for chain in chains {
                for name in parameters.names {
                    var rule = PacketRule(family: family, chain: chain, verdict: verdict)
                    (rule.proto, rule.destination, rule.destinationPorts) = (ProtocolMatch(ProtocolMatch.udp), server, Self.port)
                    rule.dnsName = name
                    rules.append(rule)
                }
            }
        }
        if parameters.answers == [.timeout] { return rules }
        return rules + IPFamily.allCases.filter { family in rules.contains { $0.family == family } }.map(answers)
    }

    /// A connection that was remembered for an answer would stand in the way of the asker's next query.
    private func answers(_ family: IPFamily) -> PacketRule {
        var rule = PacketRule(family: family, chain: .output, verdict: .untracked)
        (rule.proto, rule.sourcePorts, rule.packetMark) = (ProtocolMatch(ProtocolMatch.udp), Self.port, Self.mark)
        return rule
    }

    // MARK: refusing

    private static func claim(_ name: DNSName, _ place: ContainerPin?) -> Claim {
        Claim("dns:\(name.text)" + (place.map { " inside \($0.runtime.rawValue)/\($0.id)" } ?? ""))
    }

    /// Claims are compared letter by letter; that one name is below another they don't know.
    private func refuseTaken(_ names: [DNSName], _ places: Places, on node: NodeView) throws(Problem) {
        for (resource, fault) in node.holders.sorted(by: { $0.key < $1.key }) {
            for (name, place) in names.flatMap({ name in places.inside.map { (name, $0) } }) {
                guard let other = Self.name(claimedBy: resource, place), other.overlaps(name) else { continue }
                throw Problem(
                    .conflict, "\(name.text) is held by \(fault)" + (other == name ? "" : ", which has \(other.text)"), hint: "end that fault first",
                    errors: [.init("spec.names", "\(name.text) is taken by another fault")])
            }
        }
    }

    private static func name(claimedBy resource: String, _ place: ContainerPin?) -> DNSName? {
        let words = resource.split(separator: " ", maxSplits: 1)
        guard let first = words.first, first.hasPrefix("dns:"), let name = DNSName(String(first.dropFirst(4))) else { return nil }
        return claim(name, place).resource == resource ? name : nil
    }

    private func refuseTooMany(_ count: Int) throws(Problem) {
        guard count > Limits.packetRules else { return }
        throw Problem(
            .impossible, "this would take \(count) packet rules, and \(Limits.packetRules) is the most for one fault",
            hint: "name a domain with *. instead of single names, or fewer servers or containers")
    }
}

extension NetworkDNS.Parameters {
    /// The servers that are meant, as other network faults name their peers.
    var servers: PacketSelection {
        var selection = PacketSelection()
        selection.peers = peers
        return selection
    }
}
