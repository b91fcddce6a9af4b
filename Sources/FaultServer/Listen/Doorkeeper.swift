// Who gets in: so many at once that the descriptors which taking a fault back needs are never all used up by callers.
import Glibc
import Logging
import NIOCore

/// Sits on the listening channel, whose event loop alone runs it.
///
/// It also keeps the door open when accept(2) fails for want of descriptors. NIO would try again at once and for ever, with a log line each
/// time, and the error would end the stream of connections for good: instead a descriptor that is kept for this is given up, the caller
/// is let in with it and turned away.
final class Doorkeeper: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// Connections at once. The usual limit of a process is 1024 descriptors.
    static let mostConnections = 256

    private var inside = 0
    private var spare = Doorkeeper.openSpare()
    private var isFull = false
    private var nextComplaint = NIODeadline.now()
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let connection = unwrapInboundIn(data)
        let isWelcome = !isFull && inside < Self.mostConnections
        inside += 1
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        connection.closeFuture.hop(to: context.eventLoop).whenComplete { _ in this.value.left() }
        if isWelcome { return context.fireChannelRead(data) }
        complain("too many connections at once, or no descriptor left: a new one is closed")
        connection.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        complain("could not accept a connection: \(error)")
        // What can't be mended so, NIO closes the channel for, and the stream of connections ends with it.
        guard spare >= 0 else { return }
        close(spare)
        spare = -1
        isFull = true
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if spare >= 0 { close(spare) }
        spare = -1
    }

    private func left() {
        inside -= 1
        guard spare < 0 else { return }
        spare = Self.openSpare()
        isFull = spare < 0
    }

    private static func openSpare() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }

    /// At most once in ten seconds.
    private func complain(_ what: String) {
        guard NIODeadline.now() >= nextComplaint else { return }
        nextComplaint = .now() + .seconds(10)
        logger.error("\(what)")
    }
}
