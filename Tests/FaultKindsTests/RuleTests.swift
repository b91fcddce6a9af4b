// Which rules a selection of packets becomes, as text.
import FaultKinds
import FaultModel
import Testing

struct RuleCase: Sendable, CustomTestStringConvertible {
    var what: String
    var kind = "network.drop"
    var fields: KindExample
    /// As `iptables -A`, without mark and verdict of a drop.
    var rules: [String]
    var testDescription: String { what }

    init(_ what: String, kind: String = "network.drop", _ fields: KeyValuePairs<String, String>, _ rules: [String]) {
        self.what = what
        self.kind = kind
        self.fields = KindExample(what, fields)
        self.rules = rules
    }

    private static let left = "-m multiport ! --sports 22"
    private static let dnat = "-m conntrack --ctstate DNAT --ctorigdst"

    static let all: [RuleCase] = [
        RuleCase(
            "one tcp port out", ["protocol": "tcp", "port": "443"],
            [
                "4 OUTPUT -p tcp --dport 443", "4 OUTPUT -p tcp \(left) \(dnat)port 443",
                "6 OUTPUT -p tcp --dport 443", "6 OUTPUT -p tcp \(left) \(dnat)port 443",
            ]),
        RuleCase(
            "any protocol of a port means tcp and udp", ["port": "53", "peer": "10.0.0.0/8"],
            [
                "4 OUTPUT -d 10.0.0.0/8 -p tcp --dport 53", "4 OUTPUT -d 10.0.0.0/8 -p udp --dport 53",
                "4 OUTPUT -p tcp \(left) \(dnat) 10.0.0.0/8 --ctorigdstport 53", "4 OUTPUT -p udp \(dnat) 10.0.0.0/8 --ctorigdstport 53",
            ]),
        RuleCase(
            "high ports leave answers of protected ports alone", ["protocol": "tcp", "port": "1024-65535", "peer": "10.0.0.1"],
            [
                "4 OUTPUT -d 10.0.0.1 -p tcp --dport 1024:65535 -m multiport ! --sports 22",
                "4 OUTPUT -p tcp -m multiport ! --sports 22 \(dnat) 10.0.0.1 --ctorigdstport 1024:65535",
            ]),
        RuleCase(
            "everything of a peer, both ways", ["peer": "fd00::/8", "direction": "both"],
            [
                "6 OUTPUT -d fd00::/8 -p tcp \(left)", "6 OUTPUT -d fd00::/8 -p udp -m multiport ! --sports 68,546",
            ] + [4, 41, 47, 50, 89, 112, "sctp"].map { "6 OUTPUT -d fd00::/8 -p \($0)" }
                + ["6 OUTPUT -p tcp \(left) \(dnat) fd00::/8", "6 OUTPUT -p udp \(dnat) fd00::/8", "6 OUTPUT -p sctp \(dnat) fd00::/8"]
                + ["6 INPUT -s fd00::/8 -p tcp -m multiport ! --dports 22", "6 INPUT -s fd00::/8 -p udp -m multiport ! --dports 68,546"]
                + [4, 41, 47, 50, 89, 112, "sctp"].map { "6 INPUT -s fd00::/8 -p \($0)" }),
        RuleCase(
            "everything of IPv4 that is passed on takes two rules", kind: "node.cut", ["peer": "10.0.0.1", "direction": "in"],
            ["tcp -m multiport ! --dports 22", "udp -m multiport ! --dports 68,546", "icmp", "4", "41", "47", "50", "89", "112", "sctp"].map {
                "4 INPUT -s 10.0.0.1 -p \($0)"
            } + ["4 FORWARD -s 10.0.0.1 -p tcp", "4 FORWARD -s 10.0.0.1 ! -p tcp"]),
        RuleCase(
            "incoming and forwarded, a share, by interface",
            [
                "direction": "in", "protocol": "udp", "port": "53", "peer": "192.0.2.7", "interface": "eth0", "probability": "0.25",
                "forwarded": "true",
            ],
            [
                "4 INPUT -s 192.0.2.7 -i eth0 -p udp --dport 53 -m statistic --mode random --probability 0.25",
                "4 INPUT -s 192.0.2.7 -i eth0 -p udp \(dnat)port 53 -m statistic --mode random --probability 0.25",
                "4 FORWARD -s 192.0.2.7 -i eth0 -p udp --dport 53 -m statistic --mode random --probability 0.25",
                "4 FORWARD -s 192.0.2.7 -i eth0 -p udp \(dnat)port 53 -m statistic --mode random --probability 0.25",
            ]),
        RuleCase(
            "icmp is IPv4's only", ["protocol": "icmp"], ["4 OUTPUT ! -o lo -p icmp"]),
        RuleCase(
            "a share is lost by chance", kind: "network.loss", ["protocol": "udp", "port": "53", "peer": "192.0.2.7", "loss": "2.5"],
            [
                "4 OUTPUT -d 192.0.2.7 -p udp --dport 53 -m statistic --mode random --probability 0.025",
                "4 OUTPUT -p udp \(dnat) 192.0.2.7 --ctorigdstport 53 -m statistic --mode random --probability 0.025",
            ]),
        RuleCase(
            "or by turns", kind: "network.loss", ["protocol": "icmp", "peer": "192.0.2.7", "every": "3"],
            [
                "4 OUTPUT -d 192.0.2.7 -p icmp -m statistic --mode nth --every 3 --packet 0",
                "4 OUTPUT -p icmp \(dnat) 192.0.2.7 -m statistic --mode nth --every 3 --packet 0",
            ]),
    ]
}

@Suite struct RuleTests {
    private var node: NodeView {
        var node = NodeView()
        node.protection = Protection(ports: [PortRange(22, 22)])
        node.interfaces = [NetworkInterface(name: "eth0", isUp: true, isLoopback: false, addresses: [])]
        return node
    }

    private func rules(_ kind: String, _ example: KindExample) throws -> [PacketRule] {
        let plan = try Catalog.kind(named: kind).bind(example.spec, lenient: true).plan(node)
        guard case .packets(let change)? = plan.changes.first else { return [] }
        return change.rules
    }

    @Test(arguments: RuleCase.all) func rulesAreThese(_ item: RuleCase) throws {
        let found = try rules(item.kind, item.fields).map { rule in
            let text = rule.iptablesArguments(mark: "M", until: nil)
            let bare = text.replacing("FAULTD-", with: "").replacing(" -m comment --comment M -j DROP", with: "")
            return (rule.family == .ipv4 ? "4 " : "6 ") + bare
        }
        #expect(found == item.rules)
    }

    @Test func manyPortsAreSplitAsMultiportWants() throws {
        let ports = (1...20).map { String($0 * 10) }.joined(separator: ",") + ",300-310"
        for rule in try rules("network.drop", KindExample("many", ["protocol": "tcp", "port": ports, "peer": "10.0.0.1"])) {
            let places = rule.destinationPorts?.ranges.map { $0.low == $0.high ? 1 : 2 }.reduce(0, +) ?? 0
            #expect(places <= 15)
        }
    }

    @Test func rejectAnswersEachProtocolInItsWay() throws {
        let verdicts = try rules("network.reject", KindExample("any", ["port": "5432", "peer": "10.0.0.1"])).map(\.verdict)
        #expect(Set(verdicts) == [.reject(.tcpReset), .reject(.portUnreachable)])
    }

    @Test(arguments: [
        ("spec.loss", ["protocol": "tcp", "port": "80"]), ("spec.loss", ["loss": "0"]), ("spec.loss", ["loss": "100"]),
        ("spec.every", ["every": "1"]), ("spec.every", ["loss": "10", "every": "10"]), ("spec.probability", ["loss": "10", "probability": "0.5"]),
    ])
    func lossIsAShareThatIsSaidOnce(_ field: String, _ fields: [String: String]) throws {
        let kind = try Catalog.kind(named: "network.loss")
        let spec = FormBody.object(fields.map { ($0.key, $0.value) })
        let problem = #expect(throws: Problem.self) { try kind.bind(spec, lenient: true) }
        #expect(problem?.errors?.map(\.field) == [field])
    }

    @Test func everyKindIsDescribedWhole() throws {
        for kind in Catalog.kinds {
            #expect(!kind.summary.isEmpty && !kind.details.isEmpty && !kind.examples.isEmpty)
            for field in kind.fields { #expect(field.doc.count > 10, "\(kind.name).\(field.name)") }
            for example in kind.examples { #expect(throws: Never.self) { try kind.bind(example.spec, lenient: true) } }
        }
        #expect(Set(Catalog.kinds.map(\.name)).count == Catalog.kinds.count)
    }

    @Test func everyFieldThatIsReadIsDeclared() throws {
        for kind in Catalog.kinds {
            let problem = #expect(throws: Problem.self) { try kind.bind(["no-such-field-at-all": 1], lenient: false) }
            let known = problem?.hint?.split(separator: ": ").last?.split(separator: ", ").map(String.init) ?? []
            #expect(Set(known) == Set(kind.fields.map(\.name)), "\(kind.name)")
        }
    }
}
