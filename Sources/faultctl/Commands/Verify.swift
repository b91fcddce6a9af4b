// faultctl verify: is anything left over.
import ArgumentParser
import FaultClient
import FaultModel

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for anything of faultd's on this node that no fault accounts for.",
        discussion:
            "Looks at the node itself, not at the journal: packet rules and units that carry faultd's mark. Exit code 5 says that something is left over."
    )

    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let answer = try await client.verify()
            console.show(answer, NodeText.verify)
            if !answer.clean || client.stuckCount > 0 { throw ExitStatus.notClean }
        }
    }
}
