// faultctl show: everything known of one fault.
import ArgumentParser
import FaultClient
import FaultModel

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show everything about one fault: what was asked, done and seen.",
        discussion: """
            Example:
              faultctl show 7K3M9Q2R
            """)

    @Argument(help: ArgumentHelp("The fault's id, or its first or last characters.", valueName: "id"), completion: .faults) var id: ShortID
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let answer = try await client.fault(client.find(id.text))
            let kind = output.isJSON ? nil : try? await client.kind(answer.kind).document
            console.show(answer) { FaultPage.lines($0, kind: kind, $1) }
        }
    }
}
