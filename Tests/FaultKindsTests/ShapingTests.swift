// Which filters a selection of traffic becomes, what is left alone, and what is refused.
import FaultKinds
import FaultModel
import Testing

@Suite struct ShapingTests {
    private var node: NodeView {
        var node = NodeView()
        node.protection = Protection(ports: [PortRange(22, 22)])
        node.lifelines.sshPorts = [2222]
        node.interfaces = [
            NetworkInterface(name: "lo", isUp: true, isLoopback: true, addresses: []),
            NetworkInterface(name: "eth0", isUp: true, isLoopback: false, addresses: [], carries: ["the default route goes by it"]),
            NetworkInterface(name: "eth1", isUp: true, isLoopback: false, addresses: []),
            NetworkInterface(name: "eth2", isUp: false, isLoopback: false, addresses: []),
        ]
        node.containers = [Container(runtime: .docker, id: "aaaa1111", name: "web", image: "web", state: "running")]
        node.runtimes = [.docker]
        return node
    }

    private func plan(_ kind: String, _ fields: KeyValuePairs<String, String>, on node: NodeView? = nil) throws -> Plan {
        try Catalog.kind(named: kind).bind(KindExample("", fields).spec, lenient: true).plan(node ?? self.node)
    }

    private func traffic(_ plan: Plan) -> [TrafficChange] { plan.changes.compactMap { if case .traffic(let change) = $0 { change } else { nil } } }

    private func refusal(_ kind: String, _ fields: KeyValuePairs<String, String>, on node: NodeView? = nil) throws -> Problem {
        try #require(#expect(throws: Problem.self) { try plan(kind, fields, on: node) })
    }

    @Test func onePortOfOnePeer() throws {
        let change = try #require(
            try traffic(plan("network.bandwidth", ["rate": "1mbit", "peer": "192.0.2.7", "protocol": "tcp", "port": "443"])).first)
        #expect(change.interface == "eth0")
        #expect(change.direction == .out)
        #expect(change.shape.text == "tbf rate 1mbit burst 16kb limit 28884b")
        let https = PortBits(value: 443, mask: .max)
        #expect(change.hit == [TrafficMatch(.ipv4, destination: CIDR(text: "192.0.2.7"), proto: 6, destinationPorts: https)])
        #expect(change.spared.map(\.sourcePorts?.value) == [22, 2222])
    }

    @Test func everythingSparesWhatTheNodeLivesBy() throws {
        let plan = try plan("network.delay", ["delay": "50ms", "direction": "both"])
        let changes = traffic(plan)
        #expect(changes.map(\.direction) == [.out, .in])
        #expect(changes.map(\.hit) == [[TrafficMatch(.ipv4), TrafficMatch(.ipv6)], [TrafficMatch(.ipv4), TrafficMatch(.ipv6)]])
        let (out, arriving) = (changes[0].spared, changes[1].spared)
        for family in IPFamily.allCases {
            for port: UInt16 in [22, 2222] {
                let bits = PortBits(value: port, mask: .max)
                #expect(out.contains(TrafficMatch(family, proto: 6, sourcePorts: bits)))
                #expect(arriving.contains(TrafficMatch(family, proto: 6, destinationPorts: bits)))
            }
        }
        for type: UInt8 in 133...137 { #expect(out.contains(TrafficMatch(.ipv6, proto: 58, icmpType: type))) }
        let (client, server) = (PortBits(value: 68, mask: .max), PortBits(value: 67, mask: .max))
        #expect(out.contains(TrafficMatch(.ipv4, proto: 17, sourcePorts: client, destinationPorts: server)))
        #expect(arriving.contains(TrafficMatch(.ipv4, proto: 17, sourcePorts: server, destinationPorts: client)))
        #expect(plan.notes.contains("left alone: of this node, tcp port 22 (protected_ports), 2222 (sshd)"))
        #expect(plan.notes.contains("on eth0: the default route goes by it"))
    }

    @Test func aNamedPortOfThisNodeThatIsProtectedIsRefused() throws {
        #expect(try refusal("network.delay", ["delay": "1s", "source_port": "22"]).type == .protectedTarget)
        #expect(try refusal("network.bandwidth", ["rate": "8kbit", "direction": "in", "port": "2000-3000"]).type == .protectedTarget)
    }

    @Test func theSameInterfaceAndDirectionIsClaimed() throws {
        func claims(_ fields: KeyValuePairs<String, String>) throws -> [String] { try plan("network.delay", fields).claims.map(\.resource) }
        #expect(try claims(["delay": "1s", "direction": "both"]) == ["traffic:eth0/out", "traffic:eth0/in"])
        #expect(try claims(["delay": "1s", "interface": "eth1"]) == ["traffic:eth1/out"])
        #expect(try claims(["delay": "1s", "container.name": "web"]) == ["traffic:docker/aaaa1111/eth0/out"])
    }

    @Test func insideAContainerOnlyNeighboursAreSpared() throws {
        let plan = try plan("network.delay", ["delay": "1s", "container.name": "web"])
        let change = try #require(traffic(plan).first)
        #expect(change.inside?.name == "web")
        #expect(change.spared.allSatisfy { $0.icmpType != nil } && change.spared.count == 5)
        #expect(plan.targets == 1)
    }

    @Test func anInterfaceThatCantBeToldMustBeNamed() throws {
        var node = node
        node.interfaces[1].carries = []
        let problem = try refusal("network.delay", ["delay": "1s"], on: node)
        #expect(problem.type == .noMatch)
        #expect(problem.errors?.first?.field == "spec.interface")
        #expect(try refusal("network.delay", ["delay": "1s", "interface": "eth9"]).type == .noMatch)
        #expect(try refusal("network.delay", ["delay": "1s", "interface": "eth2"]).type == .noEffect)
        node.interfaces.remove(at: 2)
        #expect(try traffic(plan("network.delay", ["delay": "1s"], on: node)).map(\.interface) == ["eth0"])
    }

    @Test(
        arguments: [
            ("network.delay", ["delay": "0s"], "spec.delay"), ("network.delay", ["delay": "61s"], "spec.delay"), ("network.delay", [:], "spec.delay"),
            ("network.delay", ["delay": "1s", "distribution": "normal"], "spec.distribution"),
            ("network.delay", ["delay": "1s", "correlation": "5"], "spec.correlation"),
            ("network.corrupt", ["percent": "101"], "spec.percent"), ("network.duplicate", ["percent": "0"], "spec.percent"),
            ("network.reorder", ["percent": "5", "gap": "0"], "spec.gap"), ("network.bandwidth", ["rate": "1"], "spec.rate"),
            ("network.bandwidth", ["rate": "1mbit", "burst": "100b"], "spec.burst"), ("network.bandwidth", [:], "spec.rate"),
            ("network.corrupt", ["percent": "1", "protocol": "icmp", "port": "1"], "spec.protocol"),
            ("network.interface-down", [:], "spec.interface"),
        ] as [(String, [String: String], String)])
    func aBadFieldIsNamed(_ item: (String, [String: String], String)) throws {
        let spec = FormBody.object(item.1.map { ($0.key, $0.value) })
        let problem = try #require(#expect(throws: Problem.self) { try Catalog.kind(named: item.0).bind(spec, lenient: true) })
        #expect(problem.errors?.map(\.field) == [item.2])
    }

    @Test func tooManyFiltersAreRefused() throws {
        let ports = (1...200).map { "\($0 * 100)-\($0 * 100 + 62)" }.joined(separator: ",")
        #expect(try refusal("network.delay", ["delay": "1s", "port": ports]).type == .impossible)
    }

    // MARK: network.interface-down

    @Test func whatTheNodeIsReachedByStaysUpUnlessItIsConfirmed() throws {
        #expect(try refusal("network.interface-down", ["interface": "eth0"]).type == .protectedTarget)
        #expect(try refusal("network.interface-down", ["interface": "lo"]).type == .protectedTarget)
        #expect(try refusal("network.interface-down", ["interface": "eth2"]).type == .noEffect)
        var confirming = node
        confirming.awaitsConfirmation = true
        #expect(try plan("network.interface-down", ["interface": "eth0"], on: confirming).changes.count == 1)
        #expect(try refusal("network.interface-down", ["interface": "lo"], on: confirming).type == .protectedTarget)
        let plan = try plan("network.interface-down", ["interface": "eth1"])
        #expect(plan.changes == [.links(LinkChange(interface: "eth1"))])
        #expect(plan.claims.map(\.resource) == ["link:eth1"])
    }
}
