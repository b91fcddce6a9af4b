// faultctl events: what happened, and what happens.
import ArgumentParser
import FaultClient
import FaultModel

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow what happens, line by line; or print what happened.",
        discussion: """
            Follows new events until Ctrl-C, across restarts of the daemon. Each has a number (seq) to start after.

            Examples:
              faultctl events
              faultctl events --no-follow              the whole history
              faultctl events --since 120 -o json      one JSON object a line
            """)

    @Option(help: .init("Begin after the event with this number; 0 is the beginning.", valueName: "seq")) var since: Int64?
    @Flag(inversion: .prefixedNo, help: "Go on as events happen, or end with the last there is.") var follow = true
    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        // A history without a beginning would be nothing.
        let start = since ?? (follow ? nil : 0)
        try await talk.with(json: output.isJSON) { client, console in
            for try await update in client.eventUpdates(after: start, follow: follow) { Self.show(update, console) }
        }
    }

    static func show(_ update: EventUpdate, _ console: Console) {
        switch update {
        case .connected: break
        case .event(let event, let json):
            if console.asJSON { Terminal.write(json + "\n") } else { Terminal.write(Terminal.look().text([EventText.line(event, Terminal.look())])) }
        case .lost(let problem): console.remark("\(problem.detail, .warn); trying again")
        }
    }
}
