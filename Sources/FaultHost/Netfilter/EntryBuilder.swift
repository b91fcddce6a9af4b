// A packet rule as the bytes that the kernel takes, in the order of matches in which a person would type it.
import CNetfilter
import FaultModel

/// Builds entries of one family.
struct EntryBuilder {
    let family: IPFamily
    private var layout: EntryLayout { .of(family) }

    init(_ family: IPFamily) { self.family = family }

    /// The rule of a fault: `PacketRule.iptablesArguments` in bytes.
    func entry(for rule: PacketRule, mark: String, until stop: Datestop) -> [UInt8] {
        var head = StructBytes(count: layout.size)
        setAddresses(rule, in: &head)
        setInterfaces(rule, in: &head)
        setProtocol(rule.proto, in: &head)
        return assemble(head, rule.matches(mark: mark, until: stop), .target(rule.verdict, family))
    }

    /// The jump of a built-in chain to ours: `-m comment --comment faultd -j FAULTD-OUTPUT`.
    func jump(to chain: PacketChain) -> [UInt8] {
        assemble(StructBytes(count: layout.size), [.comment(Table.jumpComment)], .standard(chain.ours))
    }

    private func assemble(_ head: StructBytes, _ matches: [Extension], _ target: Extension) -> [UInt8] {
        var head = head
        let matchBytes = matches.flatMap(\.bytes)
        let targetBytes = target.bytes
        let targetOffset = layout.size + matchBytes.count
        head.set(UInt16(targetOffset), at: layout.targetOffset)
        head.set(UInt16(targetOffset + targetBytes.count), at: layout.nextOffset)
        return head.bytes + matchBytes + targetBytes
    }

    private func setAddresses(_ rule: PacketRule, in head: inout StructBytes) {
        for (cidr, address, mask) in [
            (rule.source, layout.source, layout.sourceMask), (rule.destination, layout.destination, layout.destinationMask),
        ] {
            guard let cidr else { continue }
            head.set(each: cidr.bytes, at: address)
            head.set(each: cidr.mask, at: mask)
        }
    }

    private func setInterfaces(_ rule: PacketRule, in head: inout StructBytes) {
        var inverse: UInt8 = 0
        for (match, name, mask, flag) in [
            (rule.inInterface, layout.inInterface, layout.inInterfaceMask, IPT_INV_VIA_IN),
            (rule.outInterface, layout.outInterface, layout.outInterfaceMask, IPT_INV_VIA_OUT),
        ] {
            guard let match else { continue }
            head.set(each: Array(match.name.utf8), at: name)
            head.set(each: match.mask, at: mask)
            if match.negated { inverse |= UInt8(flag) }
        }
        head.set(inverse, at: layout.inverse)
    }

    private func setProtocol(_ match: ProtocolMatch?, in head: inout StructBytes) {
        guard let match else { return }
        head.set(UInt16(match.number), at: layout.proto)
        // Without this flag IPv6 ignores the protocol; IPv4 has no such flag.
        if family == .ipv6 { head.set(UInt8(IP6T_F_PROTO), at: layout.flags) }
        if match.negated { head.set(head.bytes[layout.inverse] | UInt8(XT_INV_PROTO), at: layout.inverse) }
    }
}

extension PacketRule {
    /// The matches in the order in which `iptablesArguments` has them, so that `iptables -D` with that text finds the rule.
    func matches(mark: String, until stop: Datestop) -> [Extension] {
        var list = portMatches
        if originalDestination != nil || originalDestinationPorts != nil {
            list.append(.originalDestination(originalDestination, ports: originalDestinationPorts))
        }
        if let packetMark { list.append(.mark(packetMark)) }
        if let dnsName { list.append(.text(dnsName.searched)) }
        if let probability { list.append(.random(probability)) }
        if let every { list.append(.nth(every)) }
        return list + [.time(until: stop), .comment(mark)]
    }

    private var portMatches: [Extension] {
        let (source, destination) = (single(sourcePorts), single(destinationPorts))
        var list: [Extension] = []
        if source != nil || destination != nil {
            let isUDP = proto?.number == ProtocolMatch.udp
            list.append(isUDP ? .udp(source: source, destination: destination) : .tcp(source: source, destination: destination))
        }
        if let sourcePorts, source == nil { list.append(.multiport(sourcePorts, flag: XT_MULTIPORT_SOURCE)) }
        if let destinationPorts, destination == nil { list.append(.multiport(destinationPorts, flag: XT_MULTIPORT_DESTINATION)) }
        return list
    }

    /// The one range that the protocol's own match can take; multiport takes the rest.
    func single(_ match: PortMatch?) -> PortRange? {
        guard let match, match.ranges.count == 1, !match.negated else { return nil }
        return proto?.number == ProtocolMatch.tcp || proto?.number == ProtocolMatch.udp ? match.ranges.first : nil
    }
}

extension CIDR {
    /// The prefix as ones.
    var mask: [UInt8] {
        bytes.indices.map { index in UInt8(truncatingIfNeeded: 0xFF00 >> min(8, max(0, prefix - index * 8))) }
    }
}

extension InterfaceMatch {
    /// The name and its zero must agree; a trailing `+` stands for any rest, as iptables has it.
    fileprivate var mask: [UInt8] {
        let count = name.utf8.count
        return [UInt8](repeating: 0xFF, count: name.hasSuffix("+") ? count - 1 : count + 1)
    }
}
