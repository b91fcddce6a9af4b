// One packet rule, independent of the backend that puts it in force.

public enum PacketChain: String, Sendable, Hashable, Codable, CaseIterable {
    case input = "INPUT"
    case output = "OUTPUT"
    case forward = "FORWARD"
    case prerouting = "PREROUTING"

    /// The chain of ours that the built-in one jumps to.
    public var ours: String { "FAULTD-\(rawValue)" }
}

/// What to match on ports; at most 15 entries, a range counting as two (the limit of iptables' multiport match).
public struct PortMatch: Sendable, Hashable, Codable {
    public var ranges: [PortRange]
    public var negated: Bool

    public init(_ ranges: [PortRange], negated: Bool = false) {
        self.ranges = ranges
        self.negated = negated
    }

    fileprivate var isSimple: Bool { ranges.count == 1 && !negated }
    fileprivate var text: String { ranges.map { $0.text.replacing("-", with: ":") }.joined(separator: ",") }
}

/// Which transport protocol (numbers of the IANA registry).
public struct ProtocolMatch: Sendable, Hashable, Codable {
    public var number: UInt8
    public var negated: Bool

    public init(_ number: UInt8, negated: Bool = false) {
        self.number = number
        self.negated = negated
    }

    public static let icmp: UInt8 = 1
    public static let tcp: UInt8 = 6
    public static let udp: UInt8 = 17
    public static let icmp6: UInt8 = 58
    public static let sctp: UInt8 = 132
}

public struct InterfaceMatch: Sendable, Hashable, Codable {
    public var name: String
    public var negated: Bool

    public init(_ name: String, negated: Bool = false) {
        self.name = name
        self.negated = negated
    }
}

/// What happens to a packet that matches.
public enum Verdict: Sendable, Hashable, Codable {
    case drop
    case reject(RejectReason)
    /// To the process that listens on this queue, which answers or lets it pass; it passes when nobody listens.
    case queue(UInt16)
    /// On its way, without a connection of it being remembered.
    case untracked
}

/// The answer of a rejected packet, by the names of iptables-extensions(8).
public enum RejectReason: String, SpecWord, Sendable, Hashable {
    case tcpReset = "tcp-reset"
    case portUnreachable = "port-unreachable"
    case hostUnreachable = "host-unreachable"
    case netUnreachable = "net-unreachable"
    case adminProhibited = "admin-prohibited"

    /// The option's value for `--reject-with`.
    public func iptablesName(_ family: IPFamily) -> String {
        if self == .tcpReset { return "tcp-reset" }
        switch (self, family) {
        case (.hostUnreachable, .ipv6): return "icmp6-addr-unreachable"
        case (.netUnreachable, .ipv6): return "icmp6-no-route"
        case (.adminProhibited, .ipv6): return "icmp6-adm-prohibited"
        case (.adminProhibited, .ipv4): return "icmp-admin-prohibited"
        case (_, .ipv6): return "icmp6-\(rawValue)"
        case (_, .ipv4): return "icmp-\(rawValue)"
        }
    }
}

/// One rule in one family and one chain.
public struct PacketRule: Sendable, Hashable, Codable {
    public var family: IPFamily
    public var chain: PacketChain
    public var verdict: Verdict
    public var proto: ProtocolMatch?
    public var source: CIDR?
    public var destination: CIDR?
    public var sourcePorts: PortMatch?
    public var destinationPorts: PortMatch?
    /// Ports that the packet was sent to before the node's own NAT rewrote them (conntrack's ctorigdstport, in state DNAT).
    public var originalDestinationPorts: PortRange?
    /// Where the packet was sent to before that NAT (conntrack's ctorigdst, in state DNAT).
    public var originalDestination: CIDR?
    public var inInterface: InterfaceMatch?
    public var outInterface: InterfaceMatch?
    /// Only packets that hold this name as DNS has it. In a query that is most of the time its question; whoever gets the packet must look.
    public var dnsName: DNSName?
    /// Only packets whose sender gave them this mark (SO_MARK of socket(7)).
    public var packetMark: UInt32?
    /// Of the packets that match, how many are hit, above 0 and below 1; nil is all.
    public var probability: Double?
    /// Of the packets that match, only every n-th is hit, at least 2; nil is all.
    public var every: Int?

    public init(family: IPFamily, chain: PacketChain, verdict: Verdict) {
        self.family = family
        self.chain = chain
        self.verdict = verdict
    }
}

extension PacketRule {
    /// The same rule as a person would type it, without table and action: `FAULTD-OUTPUT -p tcp … -j DROP`.
    public func iptablesArguments(mark: String, until: Timestamp?) -> String {
        var words = [chain.ours]
        if let source { words += ["-s", source.text] }
        if let destination { words += ["-d", destination.text] }
        if let inInterface { words += not(inInterface.negated) + ["-i", inInterface.name] }
        if let outInterface { words += not(outInterface.negated) + ["-o", outInterface.name] }
        if let proto { words += not(proto.negated) + ["-p", protocolName(proto.number)] }
        // The options of the protocol's own match must stand before those of another.
        let matches = [("s", sourcePorts), ("d", destinationPorts)].map { side, match in match.map { (side, $0, $0.isSimple && hasPortOptions) } }
        for case (let side, let match, true)? in matches { words.append("--\(side)port \(match.text)") }
        for case (let side, let match, false)? in matches { words.append("-m multiport\(match.negated ? " !" : "") --\(side)ports \(match.text)") }
        if originalDestination != nil || originalDestinationPorts != nil { words.append("-m conntrack --ctstate DNAT") }
        if let originalDestination { words += ["--ctorigdst", originalDestination.text] }
        if let ports = originalDestinationPorts { words += ["--ctorigdstport", ports.text.replacing("-", with: ":")] }
        if let packetMark { words.append("-m mark --mark 0x\(String(packetMark, radix: 16))") }
        if let dnsName { words.append("-m string --hex-string \"|\(dnsName.searched.hexText)|\" --algo kmp --icase") }
        if let probability { words += ["-m statistic --mode random --probability", String(probability)] }
        if let every { words += ["-m statistic --mode nth --every", String(every), "--packet 0"] }
        if let until { words += ["-m time --datestop", String(until.text.dropLast(5))] }
        words += ["-m comment --comment", mark, "-j", verdictText]
        return words.joined(separator: " ")
    }

    /// The program whose table the rule is in.
    public var program: String { family == .ipv4 ? "iptables" : "ip6tables" }

    private func not(_ negated: Bool) -> [String] { negated ? ["!"] : [] }

    /// tcp and udp have a match of their own with --sport and --dport; other protocols with ports are matched by multiport.
    private var hasPortOptions: Bool { proto?.negated == false && [ProtocolMatch.tcp, ProtocolMatch.udp].contains(proto?.number) }

    private func protocolName(_ number: UInt8) -> String {
        switch number {
        case ProtocolMatch.icmp: "icmp"
        case ProtocolMatch.tcp: "tcp"
        case ProtocolMatch.udp: "udp"
        case ProtocolMatch.icmp6: "ipv6-icmp"
        case ProtocolMatch.sctp: "sctp"
        default: String(number)
        }
    }

    private var verdictText: String {
        switch verdict {
        case .drop: "DROP"
        case .reject(let reason): "REJECT --reject-with \(reason.iptablesName(family))"
        case .queue(let number): "NFQUEUE --queue-num \(number) --queue-bypass"
        case .untracked: "CT --notrack"
        }
    }
}

extension DNSName {
    /// What a packet is searched for: the end of a name that is longer than a pattern may be (XT_STRING_MAX_PATTERN_SIZE).
    public var searched: [UInt8] { wire.suffix(128) }
}

extension Sequence where Element == UInt8 {
    fileprivate var hexText: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
