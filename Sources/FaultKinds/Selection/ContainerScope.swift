// Where a network fault acts: on the node itself, or inside the networks of containers.
import FaultModel

/// The `container` of a network fault: whose networks are meant instead of the node's own.
struct ContainerScope: Sendable {
    var selector: ContainerSelector
    var choice: Choice

    private static let group = FieldGroup(
        "container",
        "Containers or pods inside whose network the fault acts, instead of the node's own: in and out are theirs, and so are interface and "
            + "forwarded. All containers of a pod share one network. Host names are resolved by the node.",
        example: "name=^web$", ContainerFields.conditions + Choice.fields)

    static var field: FieldDescription { group.description }

    static func read(_ reader: inout SpecReader) -> ContainerScope? {
        reader.read(group) { reader in
            let scope = ContainerScope(selector: ContainerFields.readConditions(&reader), choice: Choice.read(&reader))
            ContainerSelection.refuseEmpty(scope.selector, &reader)
            return scope
        }
    }

    /// Adds what choosing them needs to know to what else is asked.
    static func ask(_ query: NodeQuery, for scope: ContainerScope?) -> NodeQuery {
        var query = query
        query.containers = query.containers || scope != nil
        return query
    }
}

/// The places that one fault acts in.
struct Places: Sendable {
    /// Each a container whose network it is, or nil for the node's own.
    var inside: [ContainerPin?] = [nil]
    /// For the policy's `max_targets`; the node itself is none.
    var targets: Int { inside.count { $0 != nil } }
    var notes: [String] = []

    init(_ scope: ContainerScope?, on node: NodeView) throws(Problem) {
        guard let scope else { return }
        let matches = scope.selector.matches(among: node.containers).filter(\.isRunning)
        guard !matches.isEmpty else { throw Self.nothing(scope.selector, on: node) }
        let networks = Self.networks(of: matches, on: node)
        let (chosen, note) = try Self.pick(scope.choice, networks, node.entropy)
        inside = chosen.map { ContainerPin($0.holder) }
        notes = ["inside the network of \(chosen.map(\.title).joined(separator: "; "))"] + [note].compactMap { $0 } + node.runtimeErrors
    }

    // MARK: networks

    /// What shares one network, and the container that stays in it for as long as it is there.
    private struct Network {
        var holder: Container
        var members: [Container]

        var title: String {
            let names = members.map(\.name).joined(separator: ", ")
            guard let pod = holder.pod, let namespace = holder.namespace else { return names }
            return members.count > 1 ? "pod \(namespace)/\(pod), which \(names) share" : "\(names) (pod \(namespace)/\(pod))"
        }
    }

    private static func networks(of matches: [Container], on node: NodeView) -> [Network] {
        var networks: [Network] = []
        for container in matches {
            let holder = holder(of: container, on: node)
            if let index = networks.firstIndex(where: { $0.holder.id == holder.id && $0.holder.runtime == holder.runtime }) {
                networks[index].members.append(container)
            } else {
                networks.append(Network(holder: holder, members: [container]))
            }
        }
        return networks
    }

    /// A pod's pause container: the others come and go in its network.
    private static func holder(of container: Container, on node: NodeView) -> Container {
        guard container.pod != nil, !container.isSandbox else { return container }
        let sandbox = node.containers.first {
            $0.isSandbox && $0.isRunning && $0.runtime == container.runtime && $0.pod == container.pod && $0.namespace == container.namespace
        }
        return sandbox ?? container
    }

    // MARK: errors

    /// The fields of the choice are members of `container`.
    private static func pick(_ choice: Choice, _ networks: [Network], _ entropy: UInt64) throws(Problem) -> ([Network], String?) {
        try choice.pick(from: networks, entropy: entropy, path: "spec.container")
    }

    private static func nothing(_ selector: ContainerSelector, on node: NodeView) -> Problem {
        if node.runtimes.isEmpty { return ContainerSelection.noRuntime(on: node) }
        return Problem(
            .noMatch, "no running container matches \(selector.text)",
            hint: "GET /v1/targets/containers shows what runs here; a name is a regular expression matched anywhere",
            errors: [.init("spec.container", "matches no container that runs")])
    }
}

extension NodeView {
    /// What there is to leave alone inside a container's network: none of the node's ways in pass through that.
    var insideContainer: NodeView {
        var view = self
        (view.lifelines, view.protection.ports, view.protection.controlPorts) = (Lifelines(), [], [])
        return view
    }
}
