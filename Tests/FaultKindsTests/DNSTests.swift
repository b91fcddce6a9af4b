// Which rules and which worker names become.
import FaultKinds
import FaultModel
import Testing

@Suite struct DNSTests {
    private func plan(_ fields: KeyValuePairs<String, String>, on node: NodeView = NodeView()) throws -> Plan {
        try Catalog.kind(named: "network.dns").bind(KindExample("", fields).spec, lenient: true).plan(node)
    }

    private func parts(_ plan: Plan) throws -> (workers: [Worker], rules: [PacketRule], inside: [ContainerPin?]) {
        var (workers, rules, inside): ([Worker], [PacketRule], [ContainerPin?]) = ([], [], [])
        for change in plan.changes {
            switch change {
            case .workers(let change): workers += change.workers
            case .packets(let change): (rules, inside) = (rules + change.rules, inside + [change.inside])
            default: Issue.record("neither a worker nor rules")
            }
        }
        return (workers, rules, inside)
    }

    private func text(_ rules: [PacketRule]) -> [String] {
        rules.map { "\($0.family == .ipv4 ? 4 : 6) " + $0.iptablesArguments(mark: "M", until: nil).replacing(" -m comment --comment M", with: "") }
    }

    @Test func `queries for the name go to the worker's queue, and its answers are not tracked`() throws {
        let (workers, rules, inside) = try parts(plan(["name": "db.a.com", "peer": "10.0.0.53"]))
        let queue = try #require(workers.first?.arguments.firstIndex(of: "--queue").map { workers[0].arguments[$0 + 1] })
        let match =
            "-d 10.0.0.53 -p udp --dport 53 -m string --hex-string \"|026462016103636f6d00|\" --algo kmp --icase -j NFQUEUE --queue-num \(queue) --queue-bypass"
        #expect(
            text(rules) == [
                "4 FAULTD-OUTPUT \(match)", "4 FAULTD-PREROUTING \(match)",
                "4 FAULTD-OUTPUT -p udp --sport 53 -m mark --mark 0xfa17d115 -j CT --notrack",
            ])
        #expect(rules.allSatisfy { $0.table == .raw } && inside == [nil])
        #expect(workers[0].arguments.suffix(4) == ["--name", "db.a.com", "--answer", "nxdomain"] && workers[0].program == .faultd)
        #expect(workers[0].arguments.contains(String(0xFA17_D115 as UInt32)))
    }

    @Test func `the worker is there before the rules and after them`() throws {
        let names = try plan(["name": "a.com"]).changes.map(\.mechanism)
        #expect(names == ["workers", "packets"])
    }

    @Test func `without forwarded only the node's own queries are meant, and nobody answers a timeout`() throws {
        let rules = try parts(plan(["name": "*.a.com,b.com", "answer": "timeout", "forwarded": "false"])).rules
        #expect(rules.count == 4 && rules.allSatisfy { $0.chain == .output && $0.verdict != .untracked })
        #expect(Set(rules.map(\.dnsName)) == [DNSName("*.a.com"), DNSName("b.com")])
        #expect(rules.count { $0.family == .ipv6 } == 2)
    }

    @Test func `inside containers each has a worker in its network`() throws {
        var node = NodeView()
        node.runtimes = [.docker]
        node.containers = ["web1", "web2", "db"].map { .init(runtime: .docker, id: "id-\($0)", name: $0, image: "i", state: "running") }
        let plan = try plan(["name": "a.com", "container.name": "^web"], on: node)
        let (workers, _, inside) = try parts(plan)
        #expect(workers.map { $0.network?.name } == ["web1", "web2"] && inside.map { $0?.name } == ["web1", "web2"])
        #expect(Set(workers.map(\.summary)).count == 2 && plan.targets == 2)
        #expect(plan.claims.map(\.resource) == ["dns:a.com inside docker/id-web1", "dns:a.com inside docker/id-web2"])
    }

    @Test(arguments: [("a.com", "a.com"), ("*.com", "a.com"), ("x.a.com", "*.a.com"), ("*.x.com", "*.com")])
    func `a name that another fault has is refused`(_ held: String, _ wanted: String) throws {
        var node = NodeView()
        node.holders = ["dns:\(held)": "fault 1", "unit:a": "fault 2"]
        let problem = #expect(throws: Problem.self) { try plan(["name": wanted], on: node) }
        #expect(problem?.type == .conflict && problem?.errors?.first?.field == "spec.names")
        // Elsewhere it is another's.
        node.holders = ["dns:\(held) inside docker/x": "fault 1"]
        #expect(throws: Never.self) { try plan(["name": wanted], on: node) }
    }

    @Test(arguments: [
        (["name": "a.com", "answer": "nxdomain,192.0.2.1"], "spec.answer"), (["name": "a.com", "answer": "refused"], "spec.answer"),
        (["name": "10.0.0.1"], "spec.names"), (["answer": "timeout"], "spec.names"), (["name": "*"], "spec.names"),
        (["name": "a.com", "peer": "no name"], "spec.peers"),
    ]) func `what is wrong is named`(_ fields: [String: String], _ field: String) throws {
        let spec = FormBody.object(fields.map { ($0.key, $0.value) })
        let problem = #expect(throws: Problem.self) { try Catalog.kind(named: "network.dns").bind(spec, lenient: true) }
        #expect(problem?.errors?.first?.field.hasPrefix(field) == true, "\(String(describing: problem))")
    }

    @Test func `faults for other names have other queues, out of the way of others`() throws {
        let queues = try ["a.com", "b.com", "*.a.com"].map { name -> UInt16? in
            guard case .queue(let number)? = try parts(plan(["name": name])).rules.first?.verdict else { return nil }
            return number
        }
        #expect(Set(queues).count == 3 && queues.allSatisfy { $0 ?? 0 >= 0x8000 })
    }
}
