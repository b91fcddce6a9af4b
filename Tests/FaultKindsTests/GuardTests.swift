// What is left alone, what is refused, and what the answer says of it.
import FaultKinds
import FaultModel
import Testing

@Suite struct GuardTests {
    /// The caller came from 10.0.0.5, somebody else from fd00::9, both to an sshd on 2222.
    private var node: NodeView {
        var node = NodeView()
        node.protection = Protection(ports: [PortRange(22, 22)])
        node.lifelines.sshPorts = [2222]
        node.lifelines.sshPeers = [Self.peer("10.0.0.5", 50000), Self.peer("fd00::9", 50001)]
        node.lifelines.callerPeer = Self.peer("10.0.0.5", 50000)
        node.lifelines.gateways = ["10.0.0.254", "fe80::1"].compactMap { CIDR(text: $0) }
        return node
    }

    private static func peer(_ address: String, _ port: UInt16) -> SSHPeer {
        guard let address = CIDR(text: address) else { preconditionFailure("\(address) is no address") }
        return SSHPeer(address: address, port: port, localPort: 2222)
    }

    private func plan(_ kind: String, _ fields: KeyValuePairs<String, String>, on node: NodeView? = nil) throws -> Plan {
        try Catalog.kind(named: kind).bind(KindExample("", fields).spec, lenient: true).plan(node ?? self.node)
    }

    private func rules(_ plan: Plan) -> [String] {
        guard case .packets(let change)? = plan.changes.first else { return [] }
        return change.rules.map { ($0.family == .ipv4 ? "4 " : "6 ") + $0.iptablesArguments(mark: "M", until: nil) }
    }

    private func refusal(_ fields: KeyValuePairs<String, String>, on node: NodeView? = nil) -> Problem? {
        #expect(throws: Problem.self) { try plan("network.drop", fields, on: node) }
    }

    @Test func everythingIsCutButTheLifelinesAndTheAnswerNamesThem() throws {
        #expect(
            try plan("node.cut", ["direction": "both"]).notes == [
                "left alone: of this node, tcp port 22 (protected_ports), 2222 (sshd)",
                "left alone: ssh from 10.0.0.5 (your own connection), fd00::9",
                "left alone: DHCP",
                "left alone: ARP and ICMPv6, by which the node finds its neighbours, the default gateway 10.0.0.254, fe80::1 among them",
                "left alone: loopback",
            ])
    }

    @Test func aPeerThatIsTheCallerKeepsItsSSHOnly() throws {
        let plan = try plan("network.drop", ["peer": "10.0.0.5", "direction": "both"])
        #expect(plan.notes.contains("left alone: ssh from 10.0.0.5 (your own connection)"))
        #expect(rules(plan).contains("4 FAULTD-INPUT -s 10.0.0.5 -p tcp -m multiport ! --dports 22,2222 -m comment --comment M -j DROP"))
        #expect(rules(plan).contains { $0.hasPrefix("4 FAULTD-INPUT -s 10.0.0.5 -p icmp ") })
    }

    @Test func aPeerThatIsNobodysSSHIsNotToldAbout() throws {
        let notes = try plan("network.drop", ["peer": "192.0.2.7", "direction": "both"]).notes
        #expect(notes == ["left alone: of this node, tcp port 22 (protected_ports), 2222 (sshd)", "left alone: DHCP"])
    }

    @Test func aRejectLeavesTheSameAlone() throws {
        let plan = try plan("network.reject", ["direction": "in", "protocol": "tcp"])
        #expect(
            rules(plan)
                == ["4", "6"].map {
                    "\($0) FAULTD-INPUT ! -i lo -p tcp -m multiport ! --dports 22,2222 -m comment --comment M -j REJECT --reject-with tcp-reset"
                })
    }

    @Test func aLowPortThatNoLifelineUsesNeedsNoCarving() throws {
        let plan = try plan("network.drop", ["protocol": "tcp", "port": "443"])
        #expect(rules(plan).first == "4 FAULTD-OUTPUT -p tcp --dport 443 -m comment --comment M -j DROP")
        #expect(plan.notes.isEmpty)
    }

    @Test func aClientOnALowPortIsCarvedOutToo() throws {
        var node = node
        node.lifelines.sshPeers.append(Self.peer("10.0.0.6", 443))
        let plan = try plan("network.drop", ["protocol": "tcp", "port": "443"], on: node)
        #expect(rules(plan).first == "4 FAULTD-OUTPUT -p tcp --dport 443 -m multiport ! --sports 22,2222 -m comment --comment M -j DROP")
    }

    @Test func manyPortsAreLeftAloneByNamingTheOthers() throws {
        var node = node
        node.protection.ports = (1...16).map { PortRange($0 * 100, $0 * 100) }
        node.lifelines = Lifelines()
        let plan = try plan("network.drop", ["direction": "in", "protocol": "tcp"], on: node)
        #expect(rules(plan).filter { $0.hasPrefix("4") }.count == 3)
        #expect(rules(plan).first?.contains("--dports 0:99,101:199,201:299") == true)
    }

    @Test(
        arguments: [
            (["direction": "in", "protocol": "tcp", "port": "2222"], "2222", "which sshd listens on"),
            (["direction": "in", "port": "2000-3000"], "2222", "which sshd listens on"),
            (["direction": "both", "protocol": "tcp", "port": "22"], "22", "which its policy protects (protected_ports"),
            (["protocol": "tcp", "source_port": "2222"], "2222", "which sshd listens on"),
            (["direction": "in", "protocol": "tcp", "port": "7443"], "7443", "which faultd is reached by"),
        ] as [(KeyValuePairs<String, String>, String, String)])
    func aPortThatIsALifelineIsRefused(_ item: (KeyValuePairs<String, String>, String, String)) {
        var node = node
        node.protection.controlPorts = [PortRange(7443, 7443)]
        let problem = refusal(item.0, on: node)
        #expect(problem?.type == .protectedTarget)
        #expect(problem?.detail.contains("includes port \(item.1) of this node, \(item.2)") == true, "\(problem?.detail ?? "")")
        #expect(problem?.errors?.count == 1)
    }

    @Test func theControlPortIsLeftAlone() throws {
        var node = node
        node.protection.controlPorts = [PortRange(7443, 7443)]
        let plan = try plan("network.drop", ["direction": "in", "protocol": "tcp"], on: node)
        #expect(rules(plan).allSatisfy { $0.contains("-m multiport ! --dports 22,2222,7443 ") })
        #expect(plan.notes.first == "left alone: of this node, tcp port 22 (protected_ports), 7443 (faultd), 2222 (sshd)")
    }

    @Test func dhcpAloneIsRefusedAndAmongOthersLeftAlone() throws {
        for fields in [["protocol": "udp", "port": "67"], ["protocol": "udp", "port": "67,547"]] as [KeyValuePairs] {
            #expect(refusal(fields)?.detail == "every packet that this would hit belongs to DHCP, by which this node keeps its address")
        }
        let some = try plan("network.drop", ["protocol": "udp", "port": "53-67"])
        #expect(rules(some).first == "4 FAULTD-OUTPUT -p udp --dport 53:66 -m comment --comment M -j DROP")
        #expect(some.notes == ["left alone: DHCP"])
        let all = try plan("network.drop", ["protocol": "udp", "direction": "in"])
        #expect(rules(all).first == "4 FAULTD-INPUT ! -i lo -p udp -m multiport ! --dports 68,546 -m comment --comment M -j DROP")
    }

    @Test func aDHCPServersClientsCanBeCut() throws {
        let plan = try plan("network.drop", ["protocol": "udp", "direction": "in", "port": "67"])
        #expect(rules(plan).first == "4 FAULTD-INPUT -p udp --dport 67 -m comment --comment M -j DROP")
        #expect(plan.notes.isEmpty)
    }

    @Test func forwardedPacketsAreNobodysLifeline() throws {
        let forwarded = rules(try plan("node.cut", ["direction": "both"])).filter { $0.contains("FORWARD") }
        #expect(!forwarded.isEmpty && forwarded.allSatisfy { !$0.contains("multiport") })
    }

    @Test func aGuardThatCannotSeeRefusesWhatCouldHitSSH() throws {
        var node = node
        node.lifelines = Lifelines()
        node.lifelines.unseen = "could not list TCP sockets: Operation not permitted"
        for fields in [[:], ["direction": "in", "protocol": "tcp"], ["peer": "10.0.0.5"], ["port": "8000"]] as [KeyValuePairs<String, String>] {
            let problem = refusal(fields, on: node)
            #expect(problem?.type == .protectedTarget)
            #expect(problem?.detail.contains("Operation not permitted") == true && problem?.hint?.contains("confirm_within") == true)
        }
        for fields in [["port": "443"], ["protocol": "udp"], ["direction": "in", "protocol": "tcp", "port": "80"]] as [KeyValuePairs] {
            #expect(throws: Never.self) { try plan("network.drop", fields, on: node) }
        }
        node.awaitsConfirmation = true
        let notes = try plan("network.drop", [:], on: node).notes
        #expect(notes.contains { $0.hasPrefix("which ports sshd uses could not be found out (could not list") })
    }

    @Test func icmpForIPv6PeersAloneIsNoFault() {
        #expect(refusal(["protocol": "icmp", "peer": "fd00::5"])?.type == .noMatch)
    }
}
