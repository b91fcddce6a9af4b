// faultctl plan: what a fault would do.
import ArgumentParser
import FaultClient
import FaultModel

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a fault would do, and what would undo it. Touches nothing.",
        discussion: """
            Takes what `faultctl inject` takes, and is refused for the same reasons.

            Examples:
              faultctl plan network.drop port=443 protocol=tcp
              faultctl plan container.kill name='^web-' count=1
              faultctl plan node.cut
            """)

    @OptionGroup var asking: Asking
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        let form = try asking.form()
        try await talk.with(json: output.isJSON) { client, console in try await Self.show(form, asking, client, console) }
    }

    static func show(_ form: [(String, String)], _ asking: Asking, _ client: FaultClient, _ console: Console) async throws {
        let answer = try await Progress.showing("planning \(asking.title)") { try await client.plan(form: form) }
        console.show(answer) { PlanText.lines($0, command: asking.command, $1) }
    }
}
