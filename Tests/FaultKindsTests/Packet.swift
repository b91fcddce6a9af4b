// A packet, and whether a rule matches it: the kernel's side of the bargain, small enough to be believed.
import FaultModel

struct Packet: Sendable, CustomStringConvertible {
    var chain: PacketChain
    var proto: UInt8
    var source: CIDR
    var destination: CIDR
    var sourcePort: UInt16 = 0
    var destinationPort: UInt16 = 0
    var interface = "eth0"
    /// Where its connection was addressed to before this node's NAT, if that rewrote it.
    var original: (address: CIDR, port: UInt16)?

    var family: IPFamily { source.family }
    var description: String { "\(chain.rawValue) proto \(proto) \(source.text):\(sourcePort) > \(destination.text):\(destinationPort)" }

    func isHit(by rule: PacketRule) -> Bool {
        rule.chain == chain && rule.family == family && addressesMatch(rule) && portsMatch(rule) && originalMatches(rule)
            && matches(rule.chain == .input ? rule.inInterface : rule.outInterface)
    }

    private func addressesMatch(_ rule: PacketRule) -> Bool {
        let isProto = rule.proto.map { ($0.number == proto) != $0.negated } ?? true
        return isProto && Self.holds(rule.source, source) && Self.holds(rule.destination, destination)
    }

    private func portsMatch(_ rule: PacketRule) -> Bool {
        Self.holds(rule.sourcePorts, sourcePort) && Self.holds(rule.destinationPorts, destinationPort)
    }

    private func originalMatches(_ rule: PacketRule) -> Bool {
        guard rule.originalDestination != nil || rule.originalDestinationPorts != nil else { return true }
        guard let original else { return false }
        let isPort = rule.originalDestinationPorts.map { ($0.low...$0.high).contains(original.port) } ?? true
        return isPort && Self.holds(rule.originalDestination, original.address)
    }

    private func matches(_ rule: InterfaceMatch?) -> Bool { rule.map { ($0.name == interface) != $0.negated } ?? true }

    private static func holds(_ match: PortMatch?, _ port: UInt16) -> Bool {
        match.map { match in match.ranges.contains { ($0.low...$0.high).contains(port) } != match.negated } ?? true
    }

    static func holds(_ network: CIDR?, _ address: CIDR) -> Bool {
        guard let network else { return true }
        return network.family == address.family && CIDR(family: network.family, bytes: address.bytes, prefix: network.prefix) == network
    }
}

/// The same packets in every run.
struct Dice: RandomNumberGenerator {
    private var random: SplitMix64

    init(_ seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { random.next() }

    mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: items.indices, using: &self)] }
    mutating func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}
