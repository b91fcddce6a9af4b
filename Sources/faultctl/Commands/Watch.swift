// faultctl watch: the live view.
import ArgumentParser
import FaultClient
import FaultModel

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch faults live: leases counting down, what is seen of them, events.",
        discussion: """
            Fills the terminal until q or Ctrl-C, and survives restarts of the daemon. Where the output is no terminal, \
            it prints the faults in force and then events line by line.
            """)

    @OptionGroup var talk: Talk

    func run() async throws {
        try await talk.with { client, console in
            Terminal.Stream.out.isTerminal ? try await Watcher.run(client) : try await plain(client, console)
        }
    }

    /// The table comes once the stream is open, so that nothing is lost between the two.
    private func plain(_ client: FaultClient, _ console: Console) async throws {
        var query = HistoryQuery()
        query.states = FaultState.open
        let kinds = try await client.kinds().items
        for try await update in client.eventUpdates() {
            if case .connected = update {
                let faults = try await client.faults(query).items
                console.show(faults.isEmpty ? ["No faults in force."] : FaultTable.lines(faults, kinds: kinds, Terminal.look()))
            }
            Events.show(update, console)
        }
    }
}
