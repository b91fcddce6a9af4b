// faultctl renew: a new lease.
import ArgumentParser
import FaultClient
import FaultModel

struct Renew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a fault a new lease, from now.",
        discussion: """
            Without --lease it gets as much again as it had. A driver that gives --owner and --fence is refused once another has taken the \
            fault over.

            Examples:
              faultctl renew 7K3M9Q2R
              faultctl renew 7K3M9Q2R --lease 10m
            """)

    @Argument(help: ArgumentHelp("The fault's id, or its first or last characters.", valueName: "id"), completion: .faults) var id: ShortID
    @Option(help: .init("How long from now.", valueName: "duration")) var lease: String?
    @OptionGroup var acting: Acting
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let id = try await client.find(id.text)
            console.show(try await client.renew(id, lease: lease, as: acting.standing), FaultSummary.lines)
        }
    }
}
