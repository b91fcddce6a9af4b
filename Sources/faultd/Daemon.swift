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
                revertCommand: Self.revertCommand(configuration, configPath), packetBackend: configuration.packetBackend,
                state: configuration.stateDirectory), clock: clock)
        // Each call is told only where somebody wants to read it.
        let isTold = logger.logLevel <= .debug
        controller = Controller(
            host: isTold ? LoggedHost(host, logger: logger) : host, journal: isTold ? LoggedJournal(journal, logger: logger) : journal, clock: clock,
            setting: .init(version: Release.version, nodeName: Self.nodeName(), policy: Self.policy(configuration, configPath)),
            logger: logger)
    }

    /// A host with no journal beside it, for when the journal is lost.
    static func bareHost(_ configuration: Configuration) throws(Problem) -> LinuxHost {
        LinuxHost(.init(state: configuration.stateDirectory), clock: try LinuxClock())
    }

    /// No fault may change what this daemon needs, wherever it was put.
    private static func policy(_ configuration: Configuration, _ configPath: String) -> Policy {
        var policy = configuration.policy
        policy.protection.paths += [configuration.stateDirectory, configPath, configuration.socketPath]
        return policy
    }

    /// What a backstop runs: this very program with these very settings.
    private static func revertCommand(_ configuration: Configuration, _ configPath: String) -> [String] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let program = count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : "/usr/bin/faultd"
        return [program, "revert", "--config", configPath, "--state", configuration.stateDirectory]
    }

    private static func nodeName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
