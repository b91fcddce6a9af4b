// Keeps a node reachable: what every packet rule leaves alone, and what is refused because nothing else would be left of it.
import FaultModel

/// Something that a fault would have hit.
enum Lifeline: Hashable { case ssh, dhcp, neighbours, loopback }

/// The ports of a packet's two ends.
struct PortPair {
    var source: PortSet
    var destination: PortSet
}

struct LifelineGuard {
    let selection: PacketSelection
    let node: NodeView
    /// TCP ports of this node, each with who needs it.
    let ports: [(range: PortRange, why: String)]
    /// What a rule would have hit.
    private(set) var spared: Set<Lifeline> = []

    // A DHCP client's port, and its server's (RFC 2131 section 4.1, RFC 8415 section 7.2): both families' ones in both, which costs nothing.
    private static let dhcpClient = [PortRange(68, 68), PortRange(546, 546)]
    private static let dhcpServer = [PortRange(67, 67), PortRange(547, 547)]

    init(_ selection: PacketSelection, on node: NodeView) {
        self.selection = selection
        self.node = node
        let policy = node.protection.ports.map { ($0, "protected_ports") }
        let control = node.protection.controlPorts.map { ($0, "faultd") }
        let ssh = node.lifelines.sshPorts.map { (PortRange($0, $0), "sshd") }
        ports = (policy + control + ssh).reduce(into: []) { known, next in
            if !known.contains(where: { $0.range.low <= next.0.low && $0.range.high >= next.0.high }) { known.append(next) }
        }
    }

    // MARK: carving

    /// The ports that a rule of this node's own packets may match; nil when none are left.
    ///
    /// - Parameter translated: the rule matches only what this node's NAT sent elsewhere, whose real port on the other side is not known.
    mutating func carve(_ pair: PortPair, _ proto: ProtocolMatch?, inbound: Bool, translated: Bool = false) -> PortPair? {
        var (local, remote) = inbound ? (pair.destination, pair.source) : (pair.source, pair.destination)
        if proto == ProtocolMatch(ProtocolMatch.tcp) { carveSSH(&local, remote, inbound: inbound, translated: translated) }
        if proto == ProtocolMatch(ProtocolMatch.udp), !translated { carveDHCP(&local, &remote) }
        guard !local.isEmpty, !remote.isEmpty else { return nil }
        return inbound ? PortPair(source: remote, destination: local) : PortPair(source: local, destination: remote)
    }

    private mutating func carveSSH(_ local: inout PortSet, _ remote: PortSet, inbound: Bool, translated: Bool) {
        guard !local.isNamed, inbound || translated || reachesClients(remote) else { return }
        local = local.subtracting(ports.map(\.range))
        // Of translated packets few are anybody's ssh: nobody has to be told.
        if !translated { spared.insert(.ssh) }
    }

    /// Answers to a client go to a high port, or to the port of one that is there: a rule on low ports alone can't hit them.
    private func reachesClients(_ remote: PortSet) -> Bool {
        remote.overlaps([PortRange(1024, .max)] + node.lifelines.sshPeers.map { PortRange($0.port, $0.port) })
    }

    private mutating func carveDHCP(_ local: inout PortSet, _ remote: inout PortSet) {
        guard local.overlaps(Self.dhcpClient), remote.overlaps(Self.dhcpServer) else { return }
        spared.insert(.dhcp)
        if remote.isNamed { remote = remote.subtracting(Self.dhcpServer) } else { local = local.subtracting(Self.dhcpClient) }
    }

    mutating func spare(_ lifeline: Lifeline) { spared.insert(lifeline) }

    // MARK: refusing

    /// Ports of this node that were asked for by number.
    func refuseNamedPorts() throws(Problem) {
        guard selection.proto == .tcp || selection.proto == .any else { return }
        let local =
            (selection.direction != .out ? selection.ports.map { ("spec.ports", $0) } : [])
            + (selection.direction != .in ? selection.sourcePorts.map { ("spec.source_ports", $0) } : [])
        let errors = local.compactMap { field, range -> Problem.FieldError? in
            guard let hit = ports.first(where: { range.overlaps($0.range) }) else { return nil }
            return .init(field, "\(range.text) includes port \(hit.range.text) of this node, which \(Self.need(hit.why))")
        }
        guard !errors.isEmpty else { return }
        throw Problem(
            .protectedTarget, errors.map { "\($0.field) \($0.message)" }.joined(separator: "; "),
            hint: "leave that port out: without it nobody could reach or mend the node", errors: errors)
    }

    private static func need(_ why: String) -> String {
        switch why {
        case "protected_ports": "its policy protects (protected_ports in faultd.yaml)"
        case "sshd": "sshd listens on"
        default: "\(why) is reached by"
        }
    }

    /// What can't be seen can't be left alone.
    func refuseBlindness() throws(Problem) {
        guard let reason = node.lifelines.unseen, spared.contains(.ssh), !node.awaitsConfirmation else { return }
        throw Problem(
            .protectedTarget, "this could cut off ssh, and which ports sshd uses can't be found out: \(reason)",
            hint: "name ports that ssh does not use; or ask for confirm_within=30s: the fault ends unless you confirm that you still get in")
    }

    /// A fault of which nothing is left.
    func nothingLeft() -> Problem {
        guard spared.contains(.dhcp) else {
            return Problem(.noMatch, "no packet can match this: icmp is IPv4's, and every peer is an IPv6 address", hint: "name an IPv4 peer")
        }
        return Problem(
            .protectedTarget, "every packet that this would hit belongs to DHCP, by which this node keeps its address",
            hint: "udp ports 67, 68, 546 and 547 between a client and its server are always left alone")
    }
}
