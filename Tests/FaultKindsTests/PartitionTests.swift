// Partitions: both ways, all protocols, lifelines kept, and connections cut after the rules are there.
import FaultKinds
import FaultModel
import Testing

@Suite struct PartitionTests {
    private var node: NodeView {
        var node = NodeView()
        node.protection = Protection(ports: [PortRange(22, 22)], controlPorts: [PortRange(7443, 7443)])
        node.lifelines.sshPorts = [2222]
        if let address = CIDR(text: "10.0.0.5") { node.lifelines.sshPeers = [SSHPeer(address: address, port: 50000, localPort: 2222)] }
        node.addresses = ["db": ["192.0.2.7", "2001:db8::7"].compactMap { CIDR(text: $0) }]
        node.units = [Unit(name: "agent.service", activeState: "active")]
        return node
    }

    private func plan(_ fields: KeyValuePairs<String, String>, kind: String = "network.partition", on node: NodeView? = nil) throws -> Plan {
        try Catalog.kind(named: kind).bind(KindExample("", fields).spec, lenient: true).plan(node ?? self.node)
    }

    private func rules(_ plan: Plan) -> [PacketRule] {
        plan.changes.flatMap { if case .packets(let change) = $0 { change.rules } else { [] as [PacketRule] } }
    }

    private func sockets(_ plan: Plan) -> [SocketChange] { plan.changes.compactMap { if case .sockets(let change) = $0 { change } else { nil } } }

    @Test func aPeerIsCutOffBothWaysAndBehindTheNodeToo() throws {
        let rules = rules(try plan(["from": "10.9.0.0/16"]))
        let network = CIDR(text: "10.9.0.0/16")
        #expect(Set(rules.map(\.chain)) == [.input, .output, .forward] && rules.allSatisfy { $0.verdict == .drop && $0.family == .ipv4 })
        #expect(rules.filter { $0.chain == .input }.allSatisfy { $0.source == network })
        #expect(
            rules.contains { $0.chain == .forward && $0.source == network } && rules.contains { $0.chain == .forward && $0.destination == network })
        #expect(!self.rules(try plan(["from": "10.9.0.0/16", "forwarded": "false"])).contains { $0.chain == .forward })
    }

    @Test func aHostNameIsEveryAddressOfIt() throws {
        #expect(Set(rules(try plan(["from": "db"])).map(\.family)) == [.ipv4, .ipv6])
        let problem = try #require(#expect(throws: Problem.self) { try plan(["from": "nowhere"]) })
        #expect(problem.type == .noMatch && problem.errors?.map(\.field) == ["spec.from"])
    }

    @Test func everythingIsWhatNodeCutCutsInBothDirections() throws {
        let whole = try plan(["from": "everything"])
        let cut = try plan(["direction": "both"], kind: "node.cut")
        #expect(rules(whole) == rules(cut) && Array(whole.notes.dropLast()) == cut.notes)
        #expect(whole.notes.last?.contains("confirm_within=30s") == true)
        var node = node
        node.awaitsConfirmation = true
        #expect(try plan(["from": "everything"], on: node).notes == cut.notes)
    }

    @Test func connectionsAreCutAfterTheRulesAndLifelinesAreNot() throws {
        #expect(sockets(try plan(["from": "10.9.0.0/16"])).isEmpty)
        let plan = try plan(["from": "10.9.0.0/16", "cut_established": "true"])
        #expect(plan.changes.map(\.mechanism) == ["packets", "sockets"])
        let change = try #require(sockets(plan).first)
        #expect(change.peers.map(\.text) == ["10.9.0.0/16"] && change.inside == nil)
        #expect(Set(change.sparedPorts.map(\.low)) == [22, 7443, 2222] && change.sparedSessions == node.lifelines.sshPeers)
        #expect(
            change.steps(mark: "M", until: nil).map(\.apply) == ["ss -K 'dst 10.9.0.0/16 and sport != :22 and sport != :7443 and sport != :2222'"])
        #expect(sockets(try self.plan(["from": "everything", "cut_established": "true"])).map(\.peers) == [[]])
    }

    @Test func insideAContainerNothingOfTheNodeIsSpared() throws {
        var node = node
        node.runtimes = [.docker]
        node.containers = [Container(runtime: .docker, id: "aaaa1111", name: "web", image: "i", state: "running")]
        let plan = try plan(["from": "everything", "container.name": "web", "cut_established": "true"], on: node)
        #expect(plan.changes.map(\.mechanism) == ["packets", "sockets"] && plan.targets == 1)
        #expect(sockets(plan).first?.inside?.name == "web" && sockets(plan).first?.sparedPorts.isEmpty == true)
        #expect(sockets(plan).first?.sparedSessions.isEmpty == true && !plan.notes.contains { $0.contains("confirm_within") })
    }

    @Test(arguments: [("", "spec.from"), ("everything,10.0.0.1", "spec.from"), ("10.0.0.0/33", "spec.from[0]")])
    func badSidesAreNamed(_ from: String, _ field: String) throws {
        let problem = try #require(#expect(throws: Problem.self) { try plan(["from": from]) })
        #expect(problem.errors?.map(\.field) == [field], "\(problem)")
    }

    @Test func itMustBeSaidFromWhom() throws {
        let problem = try #require(#expect(throws: Problem.self) { try plan([:]) })
        #expect(problem.errors?.map(\.field) == ["spec.from"])
    }

    @Test func aCutFromPeersStopsUnitsToo() throws {
        let plan = try plan(["from": "10.9.0.0/16", "cut_established": "true", "unit": "agent"], kind: "node.cut")
        #expect(plan.changes.map(\.mechanism) == ["units", "packets", "sockets"] && plan.units == ["agent.service"])
        #expect(rules(plan) == rules(try self.plan(["from": "10.9.0.0/16"])))
    }

    @Test(arguments: [("port", "80"), ("protocol", "tcp"), ("peer", "10.0.0.1"), ("interface", "eth0"), ("probability", "0.5"), ("direction", "in")])
    func whatNarrowsAPartitionIsRefused(_ field: String, _ value: String) throws {
        let spec = FormBody.object([("from", "10.9.0.0/16"), (field, value)])
        let problem = try #require(#expect(throws: Problem.self) { try Catalog.kind(named: "node.cut").bind(spec, lenient: true) })
        #expect(problem.errors?.count == 1 && problem.errors?.first?.message.contains("from") == true)
    }

    @Test func connectionsAloneAreNoCut() throws {
        let problem = try #require(#expect(throws: Problem.self) { try plan(["cut_established": "true"], kind: "node.cut") })
        #expect(problem.errors?.map(\.field) == ["spec.cut_established"])
    }
}
