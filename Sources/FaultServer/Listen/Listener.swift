// Accepts connections, serves each in a task of its own, and stops without cutting off what is being answered.
import FaultModel
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// One listening socket and the channel that speaks HTTP on its connections.
struct Listener<Child: ServerChildChannel>: Sendable {
    let socket: UnixSocket
    let child: Child
    let peers: Peers
    let clock: any NodeClock
    /// How long requests may take to finish once the server is told to stop.
    let stopWithin: Duration
    let logger: Logger

    private typealias Accepted = NIOAsyncChannel<Child.Value, Never>

    /// Serves until it is told to stop gracefully or is cancelled.
    func run(onServing: @Sendable () async -> Void) async throws {
        let latecomers = Latecomers()
        defer {
            socket.removeFile()
            latecomers.closeAll()
        }
        let server = try await open(latecomers)
        logger.info("listening", metadata: ["socket": "\(socket.path)"])
        await onServing()
        try await withGracefulShutdownHandler {
            try await serveUntilStopped(server)
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
        }
    }

    /// NIO listens on the descriptor again, which only sets the length of the queue, and closes it in the end.
    private func open(_ latecomers: Latecomers) async throws -> Accepted {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.backlog, value: UnixSocket.backlog)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Doorkeeper(logger: logger))
                }
            }
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .bind(socket.descriptor) { channel in
                peers.keep(channel)
                return child.setup(channel: channel, logger: logger).map { value in
                    latecomers.keep(value, on: channel)
                    return value
                }
            }
    }

    /// Whichever comes first ends the other: all connections done after the stop, or the limit for that.
    private func serveUntilStopped(_ server: Accepted) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await accept(server) }
            group.addTask { try await stopLimit() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func stopLimit() async throws {
        try await gracefulShutdown()
        try await clock.sleep(until: (clock.now() + stopWithin).boot)
        logger.warning("requests took longer than the server may take to stop; their connections are closed")
    }

    private func accept(_ server: Accepted) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    /// A connection that is between requests closes at once when the server stops, another one after its answer.
    private func serve(_ connection: Child.Value) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await child.handle(value: connection, logger: logger)
            } onGracefulShutdown: {
                connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            }
        } onCancel: {
            connection.channel.close(promise: nil)
        }
    }
}
