// The control API on a Unix socket, as a service of the daemon.
public import FaultEngine
public import FaultModel
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// Serves the API until the service group stops it: then it accepts nobody new, lets running requests finish, and takes its socket away.
public struct ControlServer: Service {
    private let listener: Listener<HTTP1Channel>
    private let onServing: @Sendable () async -> Void

    /// How long requests may go on once the daemon is told to stop.
    public static let stopWithin = Duration.seconds(10)
    /// A connection that asks nothing for so long is closed.
    static let idleAfter = TimeAmount.minutes(5)
    /// Bytes of a request's header fields, together and each.
    static let headerBytes = 16 * 1024
    static let mostHeaders = 100

    /// - Parameters:
    ///   - socket: bound already, so that a daemon that can't have it fails before it does anything else.
    ///   - clock: for the signs of life of event streams, the limit on stopping, and the `Date` header.
    ///   - stopWithin: how long requests may go on once the daemon is told to stop.
    ///   - onServing: called once when requests are answered: the place to tell systemd READY=1.
    public init(
        controller: Controller, socket: UnixSocket, clock: any NodeClock, logger: Logger, stopWithin: Duration = ControlServer.stopWithin,
        onServing: @escaping @Sendable () async -> Void = {}
    ) {
        let table = RouteTable(controller: controller, socketPath: socket.path, clock: clock)
        self.init(
            table: table, socket: socket, clock: clock, logger: logger, stopWithin: stopWithin, stuckCount: { controller.stuckCount },
            onServing: onServing)
    }

    init(
        table: RouteTable, socket: UnixSocket, clock: any NodeClock, logger: Logger, stopWithin: Duration,
        stuckCount: @escaping @Sendable () -> Int = { 0 }, onServing: @escaping @Sendable () async -> Void
    ) {
        let peers = Peers()
        let answerer = Answerer(table: table, users: UserNames(), peers: peers, clock: clock, logger: logger, stuckCount: stuckCount)
        var configuration = HTTP1Channel.Configuration(idleTimeout: Self.idleAfter)
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: Self.headerBytes, maxHeaderListSize: Self.headerBytes, maxHeaderFieldCount: Self.mostHeaders)
        let channel = HTTP1Channel(responder: { try await answerer.respond(to: $0, on: $2, with: $1) }, configuration: configuration)
        listener = Listener(socket: socket, child: channel, peers: peers, clock: clock, stopWithin: stopWithin, logger: logger)
        self.onServing = onServing
    }

    public func run() async throws {
        try await listener.run(onServing: onServing)
    }
}

extension RouteTable {
    /// Everything that can be called.
    init(controller: Controller, socketPath: String, clock: any NodeClock) {
        routes =
            MetaRoutes(controller: controller, socketPath: socketPath).routes + FaultRoutes(controller: controller).routes
            + TargetRoutes(controller: controller).routes + HaltRoutes(controller: controller).routes
            + EventRoutes(controller: controller, clock: clock).routes
    }
}
