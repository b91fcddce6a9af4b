// faultctl takeover: a fault passes to another driver.
import ArgumentParser
import FaultClient
import FaultModel

struct TakeOver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "takeover",
        abstract: "Make a fault yours: what the driver before still sends is refused.",
        discussion: """
            For the user who holds the fault, and for admins. The fault's fence counts up by one; a driver that renews with the owner \
            or the fence it knew learns that it was replaced. Without --lease the fault ends when it would have.

            Examples:
              faultctl takeover 7K3M9Q2R --owner driver-2 --lease 5m
              faultctl takeover 7K3M9Q2R --fence 1           only if nobody was faster
            """)

    @Argument(help: ArgumentHelp("The fault's id, or its first or last characters.", valueName: "id"), completion: .faults) var id: ShortID
    @Option(help: .init("The new owner; you if left out.", valueName: "name")) var owner: String?
    @Option(help: .init("Refused unless this is still the fault's fence.", valueName: "number")) var fence: Int?
    @Option(help: .init("A new lease, from now.", valueName: "duration")) var lease: String?
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let id = try await client.find(id.text)
            console.show(try await client.takeOver(id, lease: lease, as: Standing(owner: owner, fence: fence)), FaultSummary.lines)
        }
    }
}
