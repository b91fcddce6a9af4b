// Faults inside containers: whose network is entered, once each, and what is not left alone there.
import FaultKinds
import FaultModel
import Testing

@Suite struct ScopeTests {
    /// A web server, two pods of which one has two containers, and somebody logged in by ssh.
    private var node: NodeView {
        var node = NodeView()
        node.protection = Protection(ports: [PortRange(22, 22)], controlPorts: [PortRange(7443, 7443)])
        node.lifelines.sshPorts = [22]
        node.lifelines.unseen = "nothing can be seen"
        node.runtimes = [.docker, .containerd]
        node.containers = [
            Container(runtime: .docker, id: "aaaa1111", name: "web", image: "lab/work", state: "running"),
            Container(runtime: .docker, id: "bbbb1111", name: "old", image: "lab/work", state: "exited"),
            Self.pod("cccc1111", "api", "server"), Self.pod("cccc2222", "api", "sidecar"), Self.pod("cccc3333", "api", nil),
            Self.pod("dddd1111", "etcd", "etcd"), Self.pod("dddd2222", "etcd", nil),
        ]
        return node
    }

    private static func pod(_ id: String, _ pod: String, _ name: String?) -> Container {
        Container(
            runtime: .containerd, id: id, name: "k8s_\(name ?? "POD")_\(pod)", image: "i", state: "running",
            labels: ["io.kubernetes.pod.name": pod, "io.kubernetes.pod.namespace": "kube-system", "io.kubernetes.container.name": name ?? "POD"],
            isSandbox: name == nil)
    }

    private func plan(_ fields: KeyValuePairs<String, String>, on node: NodeView? = nil, kind: String = "network.drop") throws -> Plan {
        try Catalog.kind(named: kind).bind(KindExample("", fields).spec, lenient: true).plan(node ?? self.node)
    }

    private func packets(_ plan: Plan) -> [PacketChange] {
        plan.changes.compactMap { if case .packets(let change) = $0 { change } else { nil } }
    }

    private func refusal(_ fields: KeyValuePairs<String, String>, on node: NodeView? = nil) throws -> Problem {
        try #require(#expect(throws: Problem.self) { try plan(fields, on: node) })
    }

    @Test func withoutASelectorItIsTheNodeItself() throws {
        var node = node
        node.lifelines.unseen = nil
        let plan = try plan(["port": "5432"], on: node)
        #expect(packets(plan).map(\.inside) == [nil] && plan.targets == 0)
        let bound = try Catalog.kind(named: "network.drop").bind(["ports": [5432]], lenient: false)
        #expect(bound.needs.containers == false && bound.needs.lifelines)
    }

    @Test func aContainerIsEnteredAndNothingOfTheNodeIsSparedThere() throws {
        let plan = try plan(["container.name": "^web$", "direction": "both"])
        #expect(packets(plan).map(\.inside?.name) == ["web"] && plan.targets == 1)
        let rules = packets(plan).flatMap(\.rules)
        #expect(rules.contains { $0.chain == .input && $0.proto == .init(ProtocolMatch.tcp) && $0.destinationPorts == nil })
        // Loopback and DHCP are as necessary there.
        #expect(rules.filter { $0.chain == .input }.allSatisfy { $0.inInterface == InterfaceMatch("lo", negated: true) })
        #expect(plan.notes.first == "inside the network of web")
        #expect(!plan.notes.contains { $0.contains("ssh") || $0.contains("tcp port") } && plan.notes.contains("left alone: DHCP"))
        #expect(
            plan.changes[0].steps(mark: "M", until: nil).first?.apply.hasPrefix("nsenter -n -t $(first process of web) iptables -A FAULTD-OUTPUT")
                == true)
        let bound = try Catalog.kind(named: "network.drop").bind(["container": ["name": "web"], "interface": "eth7"], lenient: false)
        #expect(bound.needs.containers && !bound.needs.lifelines && !bound.needs.interfaces)
    }

    @Test func portsThatTheNodeProtectsMayBeNamedInside() throws {
        #expect(packets(try plan(["container.name": "^web$", "direction": "in", "protocol": "tcp", "port": "22"])).count == 1)
    }

    @Test func containersOfAPodShareOneNetworkHeldByItsPauseContainer() throws {
        let plan = try plan(["container.pod": "^api$", "port": "80"])
        #expect(packets(plan).map(\.inside?.id) == ["cccc3333"] && plan.targets == 1)
        #expect(plan.notes.first == "inside the network of pod kube-system/api, which k8s_server_api, k8s_sidecar_api share")
    }

    @Test func aChoiceCountsNetworks() throws {
        let all = try plan(["container.namespace": "kube-system", "port": "80"])
        #expect(packets(all).map(\.inside?.id) == ["dddd2222", "cccc3333"] && all.targets == 2)
        let one = try plan(["container.namespace": "kube-system", "container.count": "1", "container.seed": "7", "port": "80"])
        #expect(packets(one).count == 1 && one.notes.contains("1 of 2 that match were chosen"))
        let tooMany = try refusal(["container.namespace": "kube-system", "container.max": "1", "port": "80"])
        #expect(tooMany.type == .tooManyTargets && tooMany.errors?.map(\.field) == ["spec.container.max"])
    }

    @Test func whatCantBeMeantIsRefused() throws {
        #expect(try refusal(["container.name": "^old$"]).type == .noMatch)
        #expect(try refusal(["container.name": "nowhere"]).errors?.map(\.field) == ["spec.container"])
        #expect(try refusal(["container.count": "1"]).errors?.map(\.field) == ["spec.container.name"])
        #expect(try refusal(["container.nmae": "web"]).errors?.map(\.field).first == "spec.container.nmae")
        #expect(try refusal(["container": "web"]).detail.contains("container.name=^web$"))
        var node = node
        (node.containers, node.runtimes) = ([], [])
        #expect(try refusal(["container.name": "web"], on: node).type == .missingDependency)
        #expect(throws: Problem.self) { try plan(["container.name": "^web$"], kind: "node.cut") }
    }
}
