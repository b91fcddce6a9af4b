// Rules as tests write them.
import FaultModel

extension PacketRule {
    static func make(
        _ chain: PacketChain, _ verdict: Verdict = .drop, _ family: IPFamily = .ipv4, _ change: (inout PacketRule) -> Void = { _ in }
    ) -> PacketRule {
        var rule = PacketRule(family: family, chain: chain, verdict: verdict)
        change(&rule)
        return rule
    }

    /// Outgoing packets to one port.
    static func drop(_ proto: UInt8 = ProtocolMatch.tcp, to port: UInt16, _ chain: PacketChain = .output, _ family: IPFamily = .ipv4) -> PacketRule {
        make(chain, .drop, family) {
            $0.proto = ProtocolMatch(proto)
            $0.destinationPorts = PortMatch([PortRange(port, port)])
        }
    }
}

/// Every field and every shape of it at least once, in both families.
enum RichRules {
    static let ipv4: [PacketRule] = [
        .drop(to: 443),
        .make(.output) {
            $0.proto = ProtocolMatch(ProtocolMatch.tcp)
            $0.destination = CIDR(text: "10.0.0.0/8")
            $0.destinationPorts = PortMatch([PortRange(80, 80), PortRange(8000, 8099)])
            $0.outInterface = InterfaceMatch("eth0")
        },
        .make(.output, .reject(.tcpReset)) {
            $0.proto = ProtocolMatch(ProtocolMatch.tcp)
            $0.destinationPorts = PortMatch([PortRange(1000, 2000)])
            $0.sourcePorts = PortMatch([PortRange(53, 53)])
        },
        .make(.output) {
            $0.proto = ProtocolMatch(ProtocolMatch.tcp)
            $0.originalDestinationPorts = PortRange(443, 443)
        },
        .make(.output) {
            $0.originalDestinationPorts = PortRange(8000, 8010)
            $0.originalDestination = CIDR(text: "10.96.0.1")
        },
        .make(.forward) { $0.originalDestination = CIDR(text: "10.96.0.0/12") },
        .make(.input, .reject(.portUnreachable)) {
            $0.proto = ProtocolMatch(ProtocolMatch.udp)
            $0.sourcePorts = PortMatch([PortRange(53, 53)])
            $0.source = CIDR(text: "192.168.7.9")
            $0.probability = 0.25
        },
        .make(.input, .reject(.hostUnreachable)) {
            $0.proto = ProtocolMatch(ProtocolMatch.sctp)
            $0.destinationPorts = PortMatch([PortRange(38412, 38412), PortRange(9899, 9900)])
        },
        .make(.input, .reject(.netUnreachable)) { $0.proto = ProtocolMatch(ProtocolMatch.icmp) },
        .make(.input, .reject(.adminProhibited)) { $0.inInterface = InterfaceMatch("lo", negated: true) },
        .make(.forward) {
            $0.proto = ProtocolMatch(ProtocolMatch.tcp, negated: true)
            $0.inInterface = InterfaceMatch("veth+")
            $0.outInterface = InterfaceMatch("a23456789012345", negated: true)
        },
        .make(.forward) {
            $0.proto = ProtocolMatch(ProtocolMatch.udp)
            $0.destinationPorts = PortMatch([PortRange(53, 53)], negated: true)
            $0.sourcePorts = PortMatch([PortRange(1, 2), PortRange(3, 3)])
        },
        .make(.forward) {
            $0.source = CIDR(text: "10.128.0.0/9")
            $0.destination = CIDR(text: "172.16.0.0/12")
            $0.probability = 0.1
        },
    ]

    static let ipv6: [PacketRule] = [
        .drop(to: 443, .output, .ipv6),
        .make(.output, .reject(.tcpReset), .ipv6) {
            $0.proto = ProtocolMatch(ProtocolMatch.tcp)
            $0.destination = CIDR(text: "fd00::/8")
            $0.destinationPorts = PortMatch([PortRange(80, 80), PortRange(8000, 8099)])
        },
        .make(.output, .drop, .ipv6) {
            $0.proto = ProtocolMatch(ProtocolMatch.tcp)
            $0.originalDestinationPorts = PortRange(443, 443)
            $0.originalDestination = CIDR(text: "fd00:10:96::/112")
        },
        .make(.input, .reject(.portUnreachable), .ipv6) {
            $0.source = CIDR(text: "2001:db8::7")
            $0.proto = ProtocolMatch(ProtocolMatch.icmp6, negated: true)
        },
        .make(.input, .reject(.hostUnreachable), .ipv6) { $0.proto = ProtocolMatch(ProtocolMatch.icmp6) },
        .make(.input, .reject(.netUnreachable), .ipv6) { $0.inInterface = InterfaceMatch("eth0") },
        .make(.forward, .reject(.adminProhibited), .ipv6) {
            $0.proto = ProtocolMatch(ProtocolMatch.udp)
            $0.destinationPorts = PortMatch([PortRange(53, 53)])
            $0.outInterface = InterfaceMatch("eth1", negated: true)
            $0.probability = 0.5
        },
    ]

    static var all: [PacketRule] { ipv4 + ipv6 }
}

extension RichRules {
    /// Those that tables of this kind can say: nft must be told of which protocol a port before NAT is.
    static func of(_ kind: PacketTables) -> [PacketRule] {
        kind == .iptables ? all : all.filter { $0.originalDestinationPorts == nil || $0.proto != nil }
    }
}
