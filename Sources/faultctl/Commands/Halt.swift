// faultctl halt and resume: the emergency brake.
import ArgumentParser
import FaultClient
import FaultModel

struct Halt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End every fault and refuse new ones until `faultctl resume`.",
        discussion: """
            It holds across restarts of the daemon. Exit code 5 says that a fault could not be undone yet.

            Examples:
              faultctl halt --reason 'real incident'
              faultctl halt --status
            """)

    @Option(help: .init("Why, for those whose faults are refused.", valueName: "text")) var reason: String?
    @Flag(help: "Only tell whether the node is halted.") var status = false
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            let answer = status ? try await client.haltState() : try await Progress.showing("halting") { try await client.halt(reason: reason) }
            console.show(answer, NodeText.halt)
            if !(answer.stuck ?? []).isEmpty { throw ExitStatus.notClean }
        }
    }
}

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lift a halt: faults are accepted again.",
        discussion: "What the halt ended stays ended.")

    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in console.show(try await client.resume(), NodeText.halt) }
    }
}
