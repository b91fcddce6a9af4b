// What is refused: with which status, in which words, and with nothing touched.
import FaultEngine
import FaultModel
import FaultTesting
import Testing

struct Refusal: Sendable, CustomTestStringConvertible {
    var what: String
    var kind = "network.drop"
    var spec: JSONValue = .object([])
    var lease: Duration? = .seconds(60)
    var slug: Problem.Slug
    /// Must be in the detail, the hint or an error.
    var says: String
    var field: String?
    var testDescription: String { what }

    static let all: [Refusal] = [
        Refusal(what: "unknown kind", kind: "network.drip", slug: .unknownKind, says: "network.drop", field: "kind"),
        Refusal(what: "unknown field", spec: ["prots": [443]], slug: .unknownField, says: "did you mean ports", field: "spec.prots"),
        Refusal(what: "port 70000", spec: ["ports": [443, 70000]], slug: .invalidField, says: "1 to 65535", field: "spec.ports[1]"),
        Refusal(what: "port as a string of letters", spec: ["ports": ["https"]], slug: .invalidField, says: "1 to 65535", field: "spec.ports[0]"),
        Refusal(what: "ports that are no list", spec: ["ports": "443"], slug: .invalidField, says: "must be a list", field: "spec.ports"),
        Refusal(what: "bad CIDR", spec: ["peers": ["10.0.0.0/33"]], slug: .invalidField, says: "10.0.0.0/8", field: "spec.peers[0]"),
        Refusal(what: "probability 0", spec: ["probability": 0], slug: .invalidField, says: "above 0", field: "spec.probability"),
        Refusal(
            what: "icmp with ports", spec: ["protocol": "icmp", "ports": [1]], slug: .invalidField, says: "has no ports", field: "spec.protocol"),
        Refusal(
            what: "tcp-reset for udp", kind: "network.reject", spec: ["protocol": "udp", "with": "tcp-reset"], slug: .invalidField, says: "tcp only",
            field: "spec.with"),
        Refusal(
            what: "protected port", spec: ["direction": "in", "protocol": "tcp", "ports": ["20-30"]], slug: .protectedTarget, says: "22",
            field: "spec.ports"),
        Refusal(what: "host that does not resolve", spec: ["peers": ["nowhere.example.com"]], slug: .noMatch, says: "does not resolve"),
        Refusal(what: "no such interface", spec: ["interface": "eth9"], slug: .noMatch, says: "did you mean eth0", field: "spec.interface"),
        Refusal(what: "lease too long", lease: .seconds(7200), slug: .leaseTooLong, says: "1h", field: "lease"),
        Refusal(what: "lease too short", lease: .milliseconds(1), slug: .leaseTooShort, says: "100ms", field: "lease"),
        Refusal(what: "no unit", kind: "unit.stop", slug: .invalidField, says: "is required", field: "spec.units"),
        Refusal(
            what: "no such unit", kind: "unit.stop", spec: ["units": ["dockerk"]], slug: .noSuchUnit, says: "did you mean docker.service",
            field: "spec.units[0]"),
        Refusal(
            what: "inactive unit", kind: "unit.stop", spec: ["units": ["idle"]], slug: .noEffect, says: "inactive already", field: "spec.units[0]"),
        Refusal(what: "protected unit", kind: "unit.stop", spec: ["units": ["ssh"]], slug: .protectedTarget, says: "ssh.service"),
        Refusal(what: "protected dependent", kind: "unit.stop", spec: ["units": ["needs-ssh"]], slug: .protectedTarget, says: "ssh.service"),
        Refusal(what: "regex", kind: "container.kill", spec: ["name": "kube-("], slug: .invalidField, says: "regular expression", field: "spec.name"),
        Refusal(what: "no selector", kind: "container.kill", slug: .invalidField, says: "another condition", field: "spec.name"),
        Refusal(what: "no match", kind: "container.kill", spec: ["name": "nothing-like-it"], slug: .noMatch, says: "no running container matches"),
        Refusal(what: "only pause containers match", kind: "container.kill", spec: ["name": "k8s_POD"], slug: .noMatch, says: "include_sandboxes"),
        Refusal(
            what: "more than max", kind: "container.kill", spec: ["image": ".", "max": 1], slug: .tooManyTargets, says: "max is 1", field: "spec.max"),
        Refusal(
            what: "count above the matches", kind: "container.kill", spec: ["name": "^web$", "count": 5], slug: .noMatch, says: "only 1 match",
            field: "spec.count"),
        Refusal(
            what: "fewer than expected", kind: "container.pause", spec: ["name": "^web$", "expect": 2], slug: .noMatch,
            says: "1 match, and expect is 2", field: "spec.expect"),
        Refusal(
            what: "more than expected", kind: "process.pause", spec: ["unit": "nginx", "expect": 2, "count": 1], slug: .tooManyTargets,
            says: "3 match, and expect is 2", field: "spec.expect"),
        Refusal(
            what: "expect 0", kind: "container.stop", spec: ["name": "^web$", "expect": 0], slug: .invalidField, says: "at least 1",
            field: "spec.expect"),
        Refusal(
            what: "a timeout of an hour", kind: "container.stop", spec: ["name": "^web$", "timeout": "1h"], slug: .invalidField, says: "at most 60s",
            field: "spec.timeout"),
        Refusal(
            what: "a stopped container", kind: "container.stop", spec: ["name": "^old$"], slug: .noMatch, says: "old is exited", field: "spec.name"),
        Refusal(
            what: "no container of that name", kind: "container.pause", spec: ["pod": "^none$"], slug: .noMatch, says: "no running", field: "spec.pod"
        ),
        Refusal(
            what: "removal", kind: "container.remove", spec: ["name": "^web$"], slug: .irreversible, says: "removed for good",
            field: "allow_irreversible"),
        Refusal(what: "no process selector", kind: "process.kill", slug: .invalidField, says: "every process is never meant", field: "spec.name"),
        Refusal(
            what: "no such process", kind: "process.kill", spec: ["name": "nothing"], slug: .noMatch, says: "no process matches", field: "spec.name"),
        Refusal(what: "the first process", kind: "process.kill", spec: ["pid": 1], slug: .protectedTarget, says: "first process", field: "spec.pid"),
        Refusal(
            what: "a kernel thread", kind: "process.pause", spec: ["pid": 2], slug: .protectedTarget, says: "thread of the kernel", field: "spec.pid"),
        Refusal(
            what: "sshd by its command", kind: "process.kill", spec: ["command": "sshd"], slug: .protectedTarget, says: "ssh.service",
            field: "spec.command"),
        Refusal(
            what: "a process that nothing starts again", kind: "process.kill", spec: ["name": "lonely"], slug: .irreversible,
            says: "nothing is known that would start process 950 (lonely) again", field: "allow_irreversible"),
        Refusal(
            what: "a worker whose main process lives on", kind: "process.kill", spec: ["pid": 801], slug: .irreversible, says: "process 801 (nginx)",
            field: "allow_irreversible"),
        Refusal(
            what: "a cgroup without a slash", kind: "process.kill", spec: ["cgroup": "nginx"], slug: .invalidField, says: "start with /",
            field: "spec.cgroup"),
        Refusal(
            what: "no supervisor", kind: "container.kill", spec: ["name": "lonely"], slug: .irreversible, says: "allow_irreversible",
            field: "allow_irreversible"),
    ]
}

@Suite struct RefusalTests {
    @Test(arguments: Refusal.all) func refusedWithASentenceAndNothingTouched(_ item: Refusal) async throws {
        let bench = Bench()
        bench.host.change { $0.addLonelyContainer() }
        let before = bench.host.text()
        let request = FaultRequest(kind: item.kind, spec: item.spec, lease: item.lease)
        let caught = await #expect(throws: Problem.self) { try await bench.controller.create(request, by: Bench.caller) }
        let problem = try #require(caught)
        #expect(problem.type == item.slug)
        let text = problem.detail + (problem.hint ?? "") + (problem.errors ?? []).map { $0.field + $0.message }.joined()
        #expect(text.contains(item.says), "\(problem)")
        if let field = item.field { #expect(problem.errors?.map(\.field).contains(field) == true, "\(problem.errors ?? [])") }
        #expect(bench.host.text() == before)
        #expect(bench.journal.contents.faults.isEmpty)
        #expect(await bench.controller.ready().ready)
    }

    @Test func everyBadFieldIsNamed() async throws {
        let request = FaultRequest(kind: "network.drop", spec: ["ports": [0, 70000], "prto": "tcp", "probability": 2])
        let problem = try #require(await #expect(throws: Problem.self) { try await Bench().controller.create(request, by: Bench.caller) })
        #expect(problem.errors?.map(\.field) == ["spec.prto", "spec.ports[0]", "spec.probability"])
    }

    @Test func theBudgetIsKept() async throws {
        var policy = Policy()
        policy.maxFaults = 2
        let bench = Bench(policy: policy)
        for port in ["1", "2"] { try await bench.inject("network.drop", ["port": port]) }
        let problem = await #expect(throws: Problem.self) { try await bench.inject("network.drop", ["port": "3"]) }
        #expect(problem?.status == 429)
    }

    @Test func manyAtOnceFindOnlyTheRoomThereIs() async throws {
        var policy = Policy()
        policy.maxFaults = 5
        let bench = Bench(policy: policy)
        let made = await withTaskGroup(of: Bool.self) { group in
            for port in 1...20 { group.addTask { (try? await bench.inject("network.drop", ["port": String(port)])) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 5)
    }

    @Test func deniedKindsAreForbidden() async throws {
        var policy = Policy()
        policy.deniedKinds = ["network.*"]
        let problem = await #expect(throws: Problem.self) { try await Bench(policy: policy).inject("network.drop", ["port": "1"]) }
        #expect(problem?.status == 403)
    }

    /// What can't be had at all is not first asked to be chosen better.
    @Test func whatTheNodeLacksIsToldBeforeWhatElseWouldNotDo() async throws {
        let cases: [(Set<Capability>, Problem.Slug)] = [([], .noMatch), ([.netem], .missingDependency)]
        for (lacks, slug) in cases {
            var node = ModelNode()
            node.lacks = lacks
            let bench = Bench(node: node)
            let problem = await #expect(throws: Problem.self) {
                try await bench.inject("network.delay", ["delay": "10ms", "interface": "eth9"])
            }
            #expect(problem?.type == slug)
        }
    }
}
