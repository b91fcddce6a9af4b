// The command line of faultd: which commands there are, and how the program ends.
import ArgumentParser
import CRelease
import FaultModel

@main
struct Faultctl: AsyncParsableCommand {
    static let version = String(cString: faultd_version())

    static let configuration = CommandConfiguration(
        commandName: "faultctl",
        abstract: "Inject faults into this node, watch them, and take them back.",
        discussion: discussion,
        version: version,
        groupedSubcommands: [
            CommandGroup(
                name: "Faults",
                subcommands: [Inject.self, Plan.self, List.self, Show.self, Renew.self, Confirm.self, TakeOver.self, Revert.self]),
            CommandGroup(name: "Watching", subcommands: [Watch.self, Events.self]),
            CommandGroup(name: "Emergency", subcommands: [Halt.self, Resume.self]),
            CommandGroup(name: "This node", subcommands: [Kinds.self, Targets.self, Verify.self, Doctor.self, Probe.self, Version.self]),
        ])

    private static let discussion = """
        Every fault has a lease. When it ends the fault is undone, whatever happens \
        to this program, to your connection or to the daemon.

        A first try:
          faultctl doctor                              can this node do it?
          faultctl kinds network.drop                  what does the kind take?
          faultctl plan network.drop port=443          what would be done?
          faultctl inject network.drop port=443 --lease 1m
          faultctl watch                               see it, and see it end
          faultctl revert --all                        end everything now

        An id may be shortened to its first or last characters, four at least, \
        if no other fault has them.

        Exit codes:
        \(ExitStatus.allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n"))

        Environment:
          FAULTD_SOCKET  path of the control socket
          NO_COLOR       no colours
        """

    static let _errorPrefix = "error: "

    static func main() async {
        Terminal.leave(await perform(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs a command line and reports on stderr what went wrong.
    static func perform(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try await asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            return .ok
        } catch let status as ExitStatus {
            return status
        } catch let refusal as Refusal {
            Terminal.write(refusal.text(Terminal.look(.error)), to: .error)
            return ExitStatus(refusal.problem)
        } catch {
            return explain(error)
        }
    }

    /// Help that was asked for, or what is wrong with the command line.
    private static func explain(_ error: any Error) -> ExitStatus {
        let isHelp = exitCode(for: error).isSuccess
        let text = fullMessage(for: error)
        Terminal.write(text.hasSuffix("\n") ? text : text + "\n", to: isHelp ? .out : .error)
        return isHelp ? .ok : .usage
    }
}
