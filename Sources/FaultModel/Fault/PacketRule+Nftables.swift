// A packet rule in the words of nft(8).

extension PacketRule {
    /// What stands after `add rule inet faultd CHAIN`.
    ///
    /// - Parameter alive: the set that holds the families while the fault may last.
    public func nftablesStatement(alive: String, mark: String) -> String {
        var text = "meta nfproto \(family.rawValue) "
        text.reserveCapacity(256)
        if let source { text += "\(layer) saddr \(source.text) " }
        if let destination { text += "\(layer) daddr \(destination.text) " }
        if let inInterface { text += "iifname \(inInterface.nftablesText) " }
        if let outInterface { text += "oifname \(outInterface.nftablesText) " }
        addProtocol(to: &text)
        addOriginal(to: &text)
        if let every {
            text += "numgen inc mod \(every) == \(every - 1) "
        } else if let share {
            text += "numgen random mod \(share.of) < \(share.hit) "
        }
        // Last, so that only packets that would be hit are looked up.
        text += "meta nfproto @\(alive) counter \(verdictWords) comment \"\(mark)\""
        return text
    }

    private var layer: String { family == .ipv4 ? "ip" : "ip6" }

    private func addProtocol(to text: inout String) {
        guard let proto else { return }
        let name = Self.nftablesNames[proto.number] ?? String(proto.number)
        if let sourcePorts { text += "\(name) sport \(sourcePorts.nftablesText) " }
        if let destinationPorts { text += "\(name) dport \(destinationPorts.nftablesText) " }
        if sourcePorts == nil, destinationPorts == nil { text += "meta l4proto \(proto.negated ? "!= " : "")\(name) " }
    }

    private static let nftablesNames: [UInt8: String] = [
        ProtocolMatch.icmp: "icmp", ProtocolMatch.tcp: "tcp", ProtocolMatch.udp: "udp", 33: "dccp", ProtocolMatch.icmp6: "ipv6-icmp",
        ProtocolMatch.sctp: "sctp", 136: "udplite",
    ]

    private func addOriginal(to text: inout String) {
        guard originalDestination != nil || originalDestinationPorts != nil else { return }
        text += "ct status dnat "
        if let originalDestination { text += "ct original \(layer) daddr \(originalDestination.text) " }
        if let originalDestinationPorts { text += "ct original proto-dst \(originalDestinationPorts.text) " }
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
