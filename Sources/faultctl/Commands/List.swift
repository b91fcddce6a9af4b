// faultctl list: the faults of this node.
import ArgumentParser
import FaultClient
import FaultModel

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List faults: those in force, or with --all also those that ended.",
        discussion: """
            Stuck faults, which could not be undone yet, stand first. Fields that have the kind's default are left out of SPEC.

            Examples:
              faultctl list
              faultctl list --all --kind container.kill --label team=edge
              faultctl list --state stuck -o id
            """,
        aliases: ["ls"])

    @Option(name: .customLong("state"), help: .init("Only faults in this state; may be repeated.", valueName: "state")) var states: [FaultState] = []
    @OptionGroup var filter: Filter
    @Flag(name: .shortAndLong, help: "Also faults that ended.") var all = false
    @Option(help: .init("How many at most.", valueName: "number")) var limit = 100
    @Option(help: .init("Only faults older than this one, for the next page.", valueName: "id")) var after: String?
    @Flag(help: "Whole ids, and nothing cut off at the terminal's width.") var full = false
    @OptionGroup var talk: Talk
    @OptionGroup var output: ListOutput

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1.") }
        if all, !states.isEmpty { throw ValidationError("--all and --state exclude each other.") }
    }

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let answer = try await client.faults(query(client))
            // Without its kinds the list is still worth showing, with defaults in it.
            let kinds = output.output == .table ? (try? await client.kinds().items) ?? [] : []
            console.list(answer.items, of: answer.body, output.output, empty: empty, id: \.id.text) {
                FaultTable.lines($0, kinds: kinds, full: full, $1)
            }
            if let next = answer.next { console.remark("\("There are more: add", .dim) --after \(next)") }
        }
    }

    private func query(_ client: FaultClient) async throws -> HistoryQuery {
        var query = try filter.query()
        query.states = all ? [] : states.isEmpty ? FaultState.open : states
        query.limit = limit
        if let after { query.after = try await client.find(after) }
        return query
    }

    private var empty: Styled {
        all || !states.isEmpty || !filter.isEmpty ? "No fault matches." : "No faults in force. `faultctl list --all` shows those that ended."
    }
}
