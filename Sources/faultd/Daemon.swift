// The parts of a daemon put together: what serve and revert both need.
import FaultEngine
import FaultHost
import FaultModel
import Glibc
import Logging

/// Journal, host and controller on this node.
struct Daemon {
    let configuration: Configuration
    let clock: LinuxClock
    let host: LinuxHost
    let controller: Controller
    let logger: Logger

    /// - Parameters:
    ///   - patience: how long to wait for another process that has the journal: the end of an earlier daemon, or a backstop's revert.
    ///   - access: whether a journal that can only be read is good enough.
    init(
        _ configuration: Configuration, configPath: String, patience: Duration, _ access: SQLiteJournal.Access = .readWrite
    ) async throws(Problem) {
        self.configuration = configuration
        Memory.keepTogether()
        EventLoops.useOne()
        logger = Log.logger(configuration.logLevel)
        clock = try LinuxClock()
        let path = configuration.stateDirectory + "/journal.sqlite"
        guard mkdir(configuration.stateDirectory, 0o700) == 0 || errno == EEXIST else {
            throw Problem(
                .journalUnavailable, "the state directory \(configuration.stateDirectory) can't be made: \(String(cString: strerror(errno)))",
                hint: "run as root, or choose another with --state")
        }
        let journal = try await SQLiteJournal(path: path, patience: patience, access)
        host = LinuxHost(
            .init(
                program: OwnProgram.command, revertCommand: Self.revertCommand(configuration, configPath), trial: Self.trial(configuration),
                packetBackend: configuration.packetBackend, state: configuration.stateDirectory), clock: clock)
        // Each call is told only where somebody wants to read it.
        let isTold = logger.logLevel <= .debug
        controller = Controller(
            host: isTold ? LoggedHost(host, logger: logger) : host, journal: isTold ? LoggedJournal(journal, logger: logger) : journal, clock: clock,
            setting: .init(version: Faultd.version, nodeName: Self.nodeName(), policy: Self.policy(configuration, configPath)),
            logger: logger)
    }

    /// A host with no journal beside it, for when the journal is lost.
    static func bareHost(_ configuration: Configuration) throws(Problem) -> LinuxHost {
        LinuxHost(.init(state: configuration.stateDirectory), clock: try LinuxClock())
    }

    /// No fault may change what this daemon needs, wherever it was put.
    private static func policy(_ configuration: Configuration, _ configPath: String) -> Policy {
        var policy = configuration.policy
        policy.protection.units += OwnProgram.units.filter { policy.protection.pattern(protecting: $0) == nil }
        policy.protection.paths += [configuration.stateDirectory, configPath, configuration.socketPath]
        return policy
    }

    /// What a backstop runs: this very program with these very settings.
    private static func revertCommand(_ configuration: Configuration, _ configPath: String) -> [String] {
        OwnProgram.command + ["revert", "--config", configPath, "--state", configuration.stateDirectory]
    }

    /// What shows that the service manager runs this program, of this version, and sees this journal: a program that came in a container need not
    /// be there for it.
    private static func trial(_ configuration: Configuration) -> [String] {
        guard !OwnProgram.sharesTheManagersRoot || OwnProgram.isCopy else { return [] }
        let folder = configuration.stateDirectory
        return OwnProgram.command + ["worker", "trial", Faultd.version, folder, OwnProgram.identity(of: folder) ?? ""]
    }

    /// In a pod the downward API knows it better than the host name does (`spec.nodeName`).
    private static func nodeName() -> String {
        if let name = getenv("FAULTD_NODE_NAME").map({ String(cString: $0) }), !name.isEmpty { return name }
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
