// faultctl targets: what could be hit.
import ArgumentParser
import FaultClient
import FaultModel

struct Targets: AsyncParsableCommand {
    enum What: String, CaseIterable, ExpressibleByArgument {
        case units, containers, processes, interfaces
    }

    static let configuration = CommandConfiguration(
        abstract: "List what could be hit on this node, by the selectors that a fault takes.",
        discussion: """
            Try a selector here before you inject with it.

            Examples:
              faultctl targets containers name='^kube-apiserver'
              faultctl targets containers labels.app=web runtime=docker
              faultctl targets units name='docker*' state=active
              faultctl targets processes unit=nginx
              faultctl targets processes name=worker count=1 seed=7
              faultctl targets interfaces
            """)

    @Argument(help: "units, containers, processes or interfaces.") var what: What
    @Argument(help: .init("Conditions that all must hold, and the choice among what matches, as in a fault's spec.", valueName: "key=value"))
    var selector: [String] = []
    @OptionGroup var talk: Talk
    @OptionGroup var output: ListOutput

    func validate() throws { _ = try selector.map(Pair.parse) }

    func run() async throws {
        let selector = try selector.map(Pair.parse)
        try await talk.with(json: output.isJSON) { client, console in
            switch what {
            case .units: show(try await client.units(selector), console, id: \.name, TargetText.units)
            case .containers: show(try await client.containers(selector), console, id: \.id, TargetText.containers)
            case .processes: show(try await client.processes(selector), console, id: { String($0.pid) }, TargetText.processes)
            case .interfaces: show(try await client.interfaces(selector), console, id: \.name, TargetText.interfaces)
            }
        }
    }

    private func show<Item>(
        _ answer: Answer<TargetsDocument<Item>>, _ console: Console, id: (Item) -> String, _ render: ([Item], Look) -> [Styled]
    ) {
        console.list(answer.items, of: answer.body, output.output, empty: "Nothing matches.", id: id, render)
        for warning in answer.warnings { console.remark("\("warning:", .warn) \(warning)") }
    }
}
