// Which containers a fault hits: the part that every kind on containers has in common.
import FaultModel

/// A selector with its choice.
struct ContainerSelection: Sendable {
    var selector: ContainerSelector
    var choice: Choice

    static var fields: [FieldDescription] { ContainerFields.all + Choice.fields }

    init(_ reader: inout SpecReader) {
        selector = ContainerFields.read(&reader)
        choice = Choice.read(&reader)
        Self.refuseEmpty(selector, &reader)
    }

    static func refuseEmpty(_ selector: ContainerSelector, _ reader: inout SpecReader) {
        guard selector.isEmpty, reader.errors.isEmpty else { return }
        reader.refuse("name", "or another condition is required (id, image, labels, pod, namespace, runtime): every container is never meant")
    }

    static func noRuntime(on node: NodeView) -> Problem {
        Problem(
            .missingDependency, "no container runtime answers on this node" + (node.runtimeErrors.first.map { ": \($0)" } ?? ""),
            hint: "start docker, containerd, CRI-O or podman; faultctl doctor tells which sockets were tried")
    }

    /// One change that does `action` to each of those that run and match.
    func plan(_ action: ContainerChange.Action, on node: NodeView) throws(Problem) -> Plan {
        try plan(on: node, claiming: { [.container($0)] }) { .containers(ContainerChange(action: action, targets: $0)) }
    }

    /// One change to all of those that run and match.
    func plan(on node: NodeView, claiming: (ContainerPin) -> [Claim], _ change: ([ContainerPin]) -> Change) throws(Problem) -> Plan {
        let matches = selector.matches(among: node.containers)
        let running = matches.filter(\.isRunning)
        guard !running.isEmpty else { throw nothing(matches, on: node) }
        let (chosen, note) = try choice.pick(from: running, entropy: node.entropy)
        for container in chosen where node.isDaemons(container) { throw refusal(of: container) }
        let pins = chosen.map(ContainerPin.init)
        var plan = Plan()
        plan.changes = [change(pins)]
        plan.claims = pins.flatMap(claiming)
        plan.targets = pins.count
        plan.notes = [note].compactMap { $0 } + node.runtimeErrors
        return plan
    }

    private func refusal(of container: Container) -> Problem {
        Problem(
            .protectedTarget, "\(container.name) is protected: faultd runs in it, and must undo the fault",
            hint: "exclude it with another condition", errors: [.init("spec.\(selector.firstField)", "matches faultd's own container")])
    }

    /// - Parameter matches: those that match and do not run.
    private func nothing(_ matches: [Container], on node: NodeView) -> Problem {
        if node.runtimes.isEmpty { return Self.noRuntime(on: node) }
        for container in matches {
            guard let holder = node.holders[Claim.container(ContainerPin(container)).resource] else { continue }
            return Problem(
                .conflict, "\(container.name) is \(container.state), and held by \(holder)", hint: "wait until that fault ends, or end it",
                errors: [.init("spec.\(selector.firstField)", "matches only what another fault holds")])
        }
        let sandboxes = selector.matches(
            among: node.containers.map { container in
                var container = container
                container.isSandbox = false
                return container
            }
        ).count
        let hint =
            sandboxes > matches.count
            ? "\(sandboxes) pause containers match; include_sandboxes=true would mean them"
            : "GET /v1/targets/containers shows what runs here; a name is a regular expression matched anywhere"
        let states = matches.isEmpty ? "" : ": \(matches.prefix(5).map { "\($0.name) is \($0.state)" }.joined(separator: ", "))"
        return Problem(
            .noMatch, "no running container matches \(selector.text)\(states)", hint: hint,
            errors: [.init("spec.\(selector.firstField)", "matches no container that runs")])
    }
}

/// How long a container may take to end when it is asked to.
enum StopTimeout {
    static let field = Field<Duration>(
        "timeout", default: .seconds(10), "How long it may take after SIGTERM before it is killed, in whole seconds as docker stop -t has it.",
        check: { $0 >= .zero && $0 <= .seconds(60) ? nil : "must be at most 60s" })

    static func read(_ reader: inout SpecReader) -> Int { Int((reader.read(field) ?? .seconds(10)).components.seconds) }
}

/// How often the act is repeated.
enum RepeatEvery {
    static func field(_ doc: String) -> Field<Duration> {
        Field<Duration>("repeat_every", doc, check: { $0 >= .seconds(1) ? nil : "must be at least 1s" })
    }
}

extension NodeView {
    /// Whether faultd runs in it, or in another container of the pod whose namespaces it holds.
    fileprivate func isDaemons(_ container: Container) -> Bool {
        guard let own = containers.first(where: { $0.id == daemonContainer }) else { return false }
        return own.id == container.id || container.isSandbox && container.pod == own.pod && container.namespace == own.namespace && own.pod != nil
    }
}
