// What no xtables rule can say is refused in a sentence.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct RuleCheckTests {
    @Test(arguments: RichRules.all) func `what can be said passes`(_ rule: PacketRule) throws { try rule.checkExpressible() }

    @Test func `fifteen places are the most that one match holds`() throws {
        func rule(_ ranges: [PortRange]) -> PacketRule {
            .make(.output) {
                $0.proto = ProtocolMatch(ProtocolMatch.tcp)
                $0.destinationPorts = PortMatch(ranges)
            }
        }
        let seven = (1...7).map { PortRange($0 * 10, $0 * 10 + 1) }
        try rule(seven + [PortRange(443, 443)]).checkExpressible()
        let problem = #expect(throws: Problem.self) { try rule(seven + [PortRange(443, 444)]).checkExpressible() }
        #expect(problem?.type == .impossible)
        #expect(problem?.detail == "iptables can't express a rule: one match holds 15 ports, a range counting as two, and here are 16")
    }

    private static let impossible: [(String, PacketRule)] = [
        ("a reject with tcp-reset needs protocol tcp", .make(.output, .reject(.tcpReset)) { $0.proto = ProtocolMatch(ProtocolMatch.udp) }),
        ("needs protocol tcp", .make(.output, .reject(.tcpReset)) { $0.proto = ProtocolMatch(ProtocolMatch.tcp, negated: true) }),
        ("a reject with tcp-reset needs protocol tcp", .make(.output, .reject(.tcpReset))),
        ("protocol 0 means every protocol", .make(.output) { $0.proto = ProtocolMatch(0) }),
        ("ports need one of", .make(.output) { $0.destinationPorts = PortMatch([PortRange(1, 1)]) }),
        ("ports need one of", .drop(ProtocolMatch.icmp, to: 1)),
        (
            "ports need one of",
            .make(.output) {
                $0.proto = ProtocolMatch(ProtocolMatch.tcp, negated: true)
                $0.destinationPorts = PortMatch([PortRange(1, 1)])
            }
        ),
        (
            "names none",
            .make(.output) {
                $0.proto = ProtocolMatch(ProtocolMatch.tcp)
                $0.destinationPorts = PortMatch([])
            }
        ),
        (
            "ends before it begins",
            .make(.output) {
                $0.proto = ProtocolMatch(ProtocolMatch.tcp)
                $0.destinationPorts = PortMatch([PortRange(9, 3)])
            }
        ),
        ("::1 is not an IPv4 address", .make(.output) { $0.destination = CIDR(text: "::1") }),
        ("10.0.0.1 is not an IPv6 address", .make(.output, .drop, .ipv6) { $0.source = CIDR(text: "10.0.0.1") }),
        ("came in by", .make(.output) { $0.inInterface = InterfaceMatch("eth0") }),
        ("goes out by", .make(.input) { $0.outInterface = InterfaceMatch("eth0") }),
        ("1 to 15 bytes", .make(.input) { $0.inInterface = InterfaceMatch("a234567890123456") }),
        ("1 to 15 bytes", .make(.input) { $0.inInterface = InterfaceMatch("") }),
        ("between 0 and 1", .make(.output) { $0.probability = 1 }),
        ("between 0 and 1", .make(.output) { $0.probability = .nan }),
    ]

    @Test(arguments: impossible) func `what can't be said is refused`(_ sentence: String, _ rule: PacketRule) {
        let problem = #expect(throws: Problem.self) { try rule.checkExpressible() }
        #expect(problem?.type == .impossible)
        #expect(problem?.detail.contains(sentence) == true, "\(problem?.detail ?? "")")
    }
}
