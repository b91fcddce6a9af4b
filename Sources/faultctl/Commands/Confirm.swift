// faultctl confirm: "I can still reach the node".
import ArgumentParser
import FaultClient
import FaultModel

struct Confirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that you can still reach the node, so that the fault goes on.",
        discussion: """
            A fault injected with --confirm-within ends by itself unless this comes in time: a fault that cuts you off is gone soon.

            Example:
              faultctl inject network.drop port=443 --lease 10m --confirm-within 30s
              faultctl confirm 7K3M9Q2R
            """)

    @Argument(help: ArgumentHelp("The fault's id, or its first or last characters.", valueName: "id"), completion: .faults) var id: ShortID
    @OptionGroup var acting: Acting
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let id = try await client.find(id.text)
            console.show(try await client.confirm(id, as: acting.standing), FaultSummary.lines)
        }
    }
}
