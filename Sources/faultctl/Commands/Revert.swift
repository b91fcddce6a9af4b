// faultctl revert: ends faults now.
import ArgumentParser
import FaultClient
import FaultModel

struct Revert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End faults now, before their leases do.",
        discussion: """
            Returns once they are undone. What can't be undone yet is stuck, is tried again and again, and makes the exit code 5. \
            Ending a fault that is over already is fine.

            Examples:
              faultctl revert 7K3M9Q2R
              faultctl revert --all
              faultctl revert --all --label team=edge

            Faults of other users are for admins to end: --all leaves them, names them, and ends with exit code 1.

            With no daemon, `faultd revert --all` does it from the journal and the marks on the node.
            """)

    @Argument(help: ArgumentHelp("Ids, or their first or last characters.", valueName: "id"), completion: .faults) var ids: [ShortID] = []
    @Flag(name: .shortAndLong, help: "Every fault that --kind and --label leave.") var all = false
    @OptionGroup var filter: Filter
    @OptionGroup var acting: Acting
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func validate() throws {
        if all == !ids.isEmpty { throw ValidationError("Say which faults: ids, or --all.") }
        if all, acting.standing != Standing() { throw ValidationError("--owner and --fence are for one fault, not for --all.") }
        if !all, !filter.isEmpty { throw ValidationError("--kind and --label narrow --all; add it.") }
    }

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let ended = all ? try await endAll(client, console) : try await end(client, console)
            if !ended.allSatisfy(FaultSummary.isClean) { throw ExitStatus.notClean }
        }
    }

    private func endAll(_ client: FaultClient, _ console: Console) async throws -> [FaultDocument] {
        let query = try filter.query()
        let answer = try await Progress.showing("reverting all faults") { try await client.endAll(query) }
        if answer.items.isEmpty, answer.refused.isEmpty { console.remark("No fault was in force.") }
        console.show(answer) { list, _ in list.items.flatMap(FaultSummary.ending) }
        if let problem = answer.problem { throw problem }
        return answer.items
    }

    /// All ids are looked up first, so that a mistyped one does not leave the work half done.
    private func end(_ client: FaultClient, _ console: Console) async throws -> [FaultDocument] {
        var found: [FaultID] = []
        for id in ids { found.append(try await client.find(id.text)) }
        var ended: [FaultDocument] = []
        for id in found {
            let answer = try await Progress.showing("reverting \(id.short)") { try await client.end(id, as: acting.standing) }
            console.show(answer) { fault, _ in FaultSummary.ending(fault) }
            ended.append(answer.document)
        }
        return ended
    }
}
