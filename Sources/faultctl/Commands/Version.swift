// faultctl version: of this program and of the daemon.
import ArgumentParser
import FaultClient
import FaultModel

struct Version: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the versions of this program and of the daemon.",
        discussion: "`faultctl --version` prints that of this program alone, and needs no daemon.")

    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        try await talk.with(json: output.isJSON) { client, console in
            if !output.isJSON { Terminal.write("faultctl \(Faultctl.version)\n") }
            console.show(try await client.version()) { daemon, _ in [Styled("\(daemon.name) \(daemon.version) (API \(daemon.api))")] }
        }
    }
}
