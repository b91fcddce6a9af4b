// The daemon's command line.
import ArgumentParser
import CRelease
import FaultModel

@main
struct Faultd: AsyncParsableCommand {
    static let version = String(cString: faultd_version())

    static let configuration = CommandConfiguration(
        commandName: "faultd",
        abstract: "Injects faults on this node under leases, and takes them back by itself.",
        discussion: """
            faultd serve is what faultd.service runs. Faults are asked for over its control socket: with faultctl, or with curl.
            faultd revert works with no daemon running, from the journal and the marks that everything of faultd's carries.

            Exit status: 0 done; 1 it failed, and standard error says why; 2 something could not be undone yet; 64 wrong usage.
            """,
        version: version,
        subcommands: [Serve.self, Revert.self, CheckConfig.self, WorkerCommand.self])
}

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The configuration file. Without one everything has its default.")
    var config = "/etc/faultd/faultd.yaml"

    @Option(help: ArgumentHelp("Folder of the journal, instead of the configuration's.", valueName: "folder"))
    var state: String?

    @Option(help: ArgumentHelp("The control socket, instead of the configuration's.", valueName: "path"))
    var socket: String?

    /// The file's settings, with what the command line says instead.
    func load() throws -> Configuration {
        overridden(try Configuration.load(config, mustExist: config != "/etc/faultd/faultd.yaml"))
    }

    /// For undoing: a file that somebody broke while faults were in force must not keep them there. What it sets has its default then.
    func loadForRevert() -> Configuration {
        do { return try load() } catch {
            print("the configuration can't be used, so what it sets has its default: \(error)")
            return overridden(Configuration())
        }
    }

    private func overridden(_ configuration: Configuration) -> Configuration {
        var configuration = configuration
        if let state { configuration.stateDirectory = state }
        if let socket { configuration.socketPath = socket }
        return configuration
    }
}
