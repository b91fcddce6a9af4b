// A packet rule in the words of nft(8).

extension PacketRule {
    /// What stands after `add rule inet faultd CHAIN`.
    ///
    /// - Parameter alive: the set that holds the families while the fault may last.
    public func nftablesStatement(alive: String, mark: String) -> String {
        var words = ["meta nfproto \(family.rawValue)"]
        if let source { words.append("\(layer) saddr \(source.text)") }
        if let destination { words.append("\(layer) daddr \(destination.text)") }
        if let inInterface { words.append("iifname \(inInterface.nftablesText)") }
        if let outInterface { words.append("oifname \(outInterface.nftablesText)") }
        words += protocolWords + originalWords + shareWords
        // Last, so that only packets that would be hit are looked up.
        words += ["meta nfproto @\(alive)", "counter", verdictWords, "comment \"\(mark)\""]
        return words.joined(separator: " ")
    }

    private var layer: String { family == .ipv4 ? "ip" : "ip6" }

    private var protocolWords: [String] {
        guard let proto else { return [] }
        let name = Self.nftablesNames[proto.number] ?? String(proto.number)
        let ports = [("sport", sourcePorts), ("dport", destinationPorts)].compactMap { side, match in
            match.map { "\(name) \(side) \($0.nftablesText)" }
        }
        return ports.isEmpty ? ["meta l4proto \(proto.negated ? "!= " : "")\(name)"] : ports
    }

    private static let nftablesNames: [UInt8: String] = [
        ProtocolMatch.icmp: "icmp", ProtocolMatch.tcp: "tcp", ProtocolMatch.udp: "udp", 33: "dccp", ProtocolMatch.icmp6: "ipv6-icmp",
        ProtocolMatch.sctp: "sctp", 136: "udplite",
    ]

    private var originalWords: [String] {
        guard originalDestination != nil || originalDestinationPorts != nil else { return [] }
        let address = originalDestination.map { "ct original \(layer) daddr \($0.text)" }
        let ports = originalDestinationPorts.map { "ct original proto-dst \($0.text)" }
        return ["ct status dnat"] + [address, ports].compactMap { $0 }
    }

    private var shareWords: [String] {
        if let every { return ["numgen inc mod \(every) == \(every - 1)"] }
        guard let share else { return [] }
        return ["numgen random mod \(share.of) < \(share.hit)"]
    }

    private var verdictWords: String {
        let reason: RejectReason
        switch verdict {
        case .drop: return "drop"
        case .queue(let number): return "queue flags bypass to \(number)"
        case .untracked: return "notrack"
        case .reject(let answer): reason = answer
        }
        if reason == .tcpReset { return "reject with tcp reset" }
        return "reject with \(family == .ipv4 ? "icmp" : "icmpv6") \(reason.nftablesName(family))"
    }
}

extension PacketRule {
    /// The rule's probability, as nft can say it; nil is every packet.
    public var share: PacketShare? { probability.map(PacketShare.init) }
}

/// A probability as a fraction, to a billionth, in its lowest terms.
public struct PacketShare: Sendable, Hashable {
    public var hit: Int
    public var of: Int

    private static let finest = 1_000_000_000

    init(_ probability: Double) {
        let wanted = min(Self.finest - 1, max(1, Int((probability * Double(Self.finest)).rounded())))
        var (a, b) = (Self.finest, wanted)
        while b != 0 { (a, b) = (b, a % b) }
        (hit, of) = (wanted / a, Self.finest / a)
    }
}

extension RejectReason {
    /// The same codes as with `iptablesName`: nft has other names for IPv6.
    fileprivate func nftablesName(_ family: IPFamily) -> String {
        switch (self, family) {
        case (.hostUnreachable, .ipv6): "addr-unreachable"
        case (.netUnreachable, .ipv6): "no-route"
        default: rawValue
        }
    }
}

extension PortMatch {
    fileprivate var nftablesText: String {
        let list = ranges.map(\.text).joined(separator: ", ")
        return (negated ? "!= " : "") + (ranges.count == 1 ? list : "{ \(list) }")
    }
}

extension InterfaceMatch {
    /// A trailing `+` stands for any rest, as iptables has it; nft's word for it is `*`.
    fileprivate var nftablesText: String {
        let text = name.hasSuffix("+") ? name.dropLast() + "*" : name[...]
        return "\(negated ? "!= " : "")\"\(text)\""
    }
}
