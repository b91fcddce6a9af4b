// faultd serve: clean up, open the socket, tell systemd, take everything back at the end.
import ArgumentParser
import CSystemd
import FaultEngine
import FaultHost
import FaultModel
import FaultServer
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon.",
        discussion: """
            Takes back whatever an earlier run left, opens the control socket, and runs until SIGTERM or SIGINT, which take every fault back.
            Under systemd it reports readiness and answers the watchdog.

            FAULTD_NODE_NAME in the environment names the node; else its host name does.
            """)

    @OptionGroup var options: CommonOptions

    @Flag(
        help: ArgumentHelp(
            "In a container: become a process of the node.",
            discussion: """
                Copies this program with its libraries to the state directory, which must be the node's, and goes on from there in the node's namespaces. \
                What is asked for then means the node's files and programs, and backstops work when the container is gone.
                """))
    var enterNode = false

    func run() async throws {
        let configuration = try options.load()
        if enterNode { try goOnOnNode(configuration) }
        OwnProgram.takeName()
        let daemon = try await Daemon(configuration, configPath: options.config, patience: .seconds(10))
        Memory.lock(daemon.logger)
        do {
            let clock = try ClockWatch()
            try await daemon.controller.start()
            let socket = try openSocket(configuration)
            let server = ControlServer(controller: daemon.controller, socket: socket, clock: daemon.clock, logger: daemon.logger) {
                Systemd.notify("READY=1\nSTATUS=\(StatusLine.text(stuck: daemon.controller.stuckCount))")
            }
            // Stopped in reverse: first the faults, while requests are still answered, then the server.
            let group = ServiceGroup(
                configuration: .init(
                    services: [
                        .init(service: Watchdog(controller: daemon.controller)),
                        .init(service: ClockService(controller: daemon.controller, watch: clock)), .init(service: server),
                        .init(service: EngineService(controller: daemon.controller)), .init(service: StatusLine(controller: daemon.controller)),
                    ], gracefulShutdownSignals: [.sigterm, .sigint], logger: daemon.logger))
            try await group.run()
        } catch {
            await daemon.host.shutdown()
            throw error
        }
        await daemon.host.shutdown()
    }

    private func goOnOnNode(_ configuration: Configuration) throws(Problem) -> Never {
        let state = configuration.stateDirectory
        try NodeEntry.check(sharing: state)
        let copy = ProgramCopy(folder: state + "/program")
        let command = try copy.make(configuration: try Configuration.read(options.config, mustExist: false) ?? "")
        try NodeEntry.become(
            command + ["serve", "--config", copy.configurationPath, "--state", state, "--socket", configuration.socketPath])
    }

    private func openSocket(_ configuration: Configuration) throws(Problem) -> UnixSocket {
        // A socket that systemd holds for us (faultd.socket) is descriptor 3; sd_listen_fds(3).
        if sd_listen_fds(1) > 0 { return try UnixSocket.inherited(descriptor: 3) }
        return try UnixSocket.bind(
            path: configuration.socketPath, mode: configuration.socketMode, group: try configuration.socketGroup.flatMap(Self.groupID))
    }

    /// A group that does not exist leaves the socket to root: closed is safer than open to another.
    private static func groupID(_ name: String) throws(Problem) -> UInt32? {
        guard let entry = getgrnam(name) else { return nil }
        return entry.pointee.gr_gid
    }
}

/// What systemd is told (sd_notify(3)); nothing without systemd.
enum Systemd {
    static func notify(_ state: String) { _ = sd_notify(0, state) }

    /// How often the watchdog wants to hear from us, or nil.
    static var watchdogInterval: Duration? {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(microseconds)) : nil
    }
}
