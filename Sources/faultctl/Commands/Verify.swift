// faultctl verify: is anything left over, and is what should be in force.
import ArgumentParser
import FaultClient
import FaultModel

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the node: is every fault wholly in force, and is anything left over.",
        discussion: """
            Looks at the node itself, not at the journal: packet rules and units that carry faultd's mark, and every fault that is not over.
            Exit code 5 says that something is left over, stuck, or not wholly in force.
            """)

    @Flag(help: "Remove what carries faultd's mark and no fault accounts for, then look again.") var fix = false

    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let answer = fix ? try await client.removeLeftovers() : try await client.verify()
            console.show(answer, VerifyText.lines)
            if !answer.clean || client.stuckCount > 0 { throw ExitStatus.notClean }
        }
    }
}
