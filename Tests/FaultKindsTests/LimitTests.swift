// container.limit and disk.throttle as values.
import FaultKinds
import FaultModel
import Testing

@Suite struct LimitTests {
    private func limits(_ kind: any FaultKind, _ fields: [(String, String)]) throws -> CgroupChange {
        var node = NodeView()
        node.runtimes = [.docker]
        node.containers = [Container(runtime: .docker, id: "aaaa1111", name: "web", image: "lab/work", state: "running")]
        let plan = try kind.bind(FormBody.object([("name", "^web$")] + fields), lenient: true).plan(node)
        guard case .cgroups(let change)? = plan.changes.first else { throw Problem(.internalError, "no limits") }
        #expect(plan.claims == change.limits.map { .limit($0.resource, change.targets[0]) })
        return change
    }

    @Test func eachFieldIsALimit() throws {
        let change = try limits(ContainerLimit(), [("cpus", "0.25"), ("memory", "64MiB"), ("pids", "50")])
        #expect(change.limits == [CgroupLimit(.cpu, 250), CgroupLimit(.memory, 64 << 20), CgroupLimit(.pids, 50)])
        #expect(change.targets.map(\.name) == ["web"])
        let disk = try limits(DiskThrottle(), [("path", "/srv"), ("read_bps", "1MiB"), ("write_iops", "7")])
        #expect(disk.limits == [CgroupLimit(.read, 1 << 20), CgroupLimit(.writeOperations, 7)])
        #expect(disk.disk == "/srv")
    }

    @Test(arguments: [
        ("container.limit", [("cpus", "0")], "spec.cpus"), ("container.limit", [("memory", "1KiB")], "spec.memory"),
        ("container.limit", [("pids", "0")], "spec.pids"), ("container.limit", [], "spec.cpus"),
        ("disk.throttle", [("read_bps", "1MiB")], "spec.path"),
        ("disk.throttle", [("path", "srv"), ("read_bps", "1MiB")], "spec.path"), ("disk.throttle", [("path", "/srv")], "spec.write_bps"),
    ]) func whatIsWrongIsNamed(_ kind: String, _ fields: [(String, String)], _ field: String) throws {
        let kind = try Catalog.kind(named: kind)
        let problem = #expect(throws: Problem.self) { try kind.bind(FormBody.object([("name", "^web$")] + fields), lenient: true) }
        #expect(problem?.errors?.map(\.field).contains(field) == true, "\(String(describing: problem))")
    }

    @Test func twoFaultsMayLimitDifferentThings() {
        let pin = ContainerPin(Container(runtime: .docker, id: "aaaa1111", name: "web", image: "", state: "running"))
        #expect(Claim.limit(.cpu, pin).clashes(with: .limit(.cpu, pin)))
        #expect(!Claim.limit(.cpu, pin).clashes(with: .limit(.memory, pin)))
    }

    /// The container that faultd runs in, and the pause container that holds its namespaces; not the next pod's.
    @Test(arguments: ["container.kill", "container.pause", "container.stop", "container.restart"])
    func faultdsOwnContainerIsNeverMeant(_ kind: String) throws {
        func container(_ id: String, _ name: String, pod: String, isSandbox: Bool = false) -> Container {
            let labels = ["io.kubernetes.pod.name": pod, "io.kubernetes.pod.namespace": "faultd"]
            return Container(runtime: .containerd, id: id, name: name, image: "i", state: "running", labels: labels, isSandbox: isSandbox)
        }
        var node = NodeView()
        node.runtimes = [.containerd]
        node.containers = [
            container("a", "own", pod: "one"), container("b", "own-pause", pod: "one", isSandbox: true), container("c", "other", pod: "two"),
            container("d", "other-pause", pod: "two", isSandbox: true),
        ]
        node.daemonContainer = "a"
        func plan(_ name: String) throws(Problem) -> Plan {
            try Catalog.kind(named: kind).bind(FormBody.object([("name", name), ("include_sandboxes", "true")]), lenient: true).plan(node)
        }
        for name in ["^own$", "^own-pause$", "own|other"] {
            let problem = #expect(throws: Problem.self) { try plan(name) }
            #expect(problem?.type == .protectedTarget, "\(name)")
        }
        #expect(try plan("^other").targets == 2)
        node.daemonContainer = nil
        #expect(try plan("^own").targets == 2)
    }
}
