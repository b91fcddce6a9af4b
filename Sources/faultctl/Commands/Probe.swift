// faultctl probe: the health checks of a container, by exit code.
import ArgumentParser
import FaultClient
import FaultModel

struct Probe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask whether the daemon is alive, or ready; the exit code answers.",
        discussion: """
            For what can't ask over a Unix socket by itself: the exec probes of a pod, HEALTHCHECK of a container, a monitoring agent.
            alive (/healthz): the daemon answers. ready (/readyz): and no fault is stuck, that is, waits to be undone.
            Exit code 3 says that the daemon can't be reached, 5 that it is not ready; then the reason is printed.
            """)

    enum Question: String, ExpressibleByArgument, CaseIterable { case alive, ready }

    @Argument(help: "alive or ready.") var question: Question
    @OptionGroup var talk: Talk

    func run() async throws {
        try await talk.with { client, _ in
            switch question {
            case .alive: try await client.alive()
            case .ready:
                let state = try await client.ready().document
                guard !state.ready else { return }
                Terminal.write(state.detail + "\n")
                throw ExitStatus.notClean
            }
        }
    }
}
