// faultctl kinds: what can be injected.
import ArgumentParser
import FaultClient
import FaultModel

struct Kinds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the kinds of fault, or explain one: its fields and examples.",
        discussion: """
            Examples:
              faultctl kinds
              faultctl kinds network.drop
            """)

    @Argument(help: "The kind to explain.", completion: .shellCommand("faultctl kinds -o id 2>/dev/null")) var kind: String?
    @OptionGroup var talk: Talk
    @OptionGroup var output: ListOutput

    func validate() throws {
        if kind != nil, output.output == .id { throw ValidationError("-o id is for the list of kinds.") }
    }

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            if let kind { return console.show(try await client.kind(kind), KindText.page) }
            let answer = try await client.kinds()
            console.list(answer.items, of: answer.body, output.output, empty: "This daemon knows no kinds.", id: \.name, KindText.table)
        }
    }
}
