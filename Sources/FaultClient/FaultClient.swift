// A client of one daemon's control socket: it connects, and the other files say what can be asked.
import AsyncHTTPClient
import FaultModel
import NIOCore
import Synchronization

/// Speaks to faultd on its Unix socket. Every failure is a `Problem`: the daemon's own, or one that says why it can't be reached.
public final class FaultClient: Sendable {
    public static let defaultSocket = "/run/faultd/faultd.sock"

    /// Path of the socket.
    public let socket: String
    let http: HTTPClient
    private let stuck = Mutex(0)

    /// How many faults could not be undone yet, as the newest answer said.
    public var stuckCount: Int { stuck.withLock { $0 } }

    /// The header is there only when there are some.
    func note(stuck header: String?) { stuck.withLock { $0 = header.flatMap { Int($0) } ?? 0 } }

    /// Call `shutdown()` in the end, or use `with(socket:_:)`, which does.
    public init(socket: String = FaultClient.defaultSocket) {
        self.socket = socket
        var configuration = HTTPClient.Configuration()
        // A daemon that is not there is an answer, not a reason to try until the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .nanoseconds(Bounds.connect.nanoseconds)
        configuration.redirectConfiguration = .disallow
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func shutdown() async {
        // The only error is that it was shut down before.
        try? await http.shutdown()
    }

    /// Runs `body` with a client that is shut down afterwards.
    public static func with<Result: Sendable, Failure: Error>(
        socket: String = FaultClient.defaultSocket, _ body: (FaultClient) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let client = FaultClient(socket: socket)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// How long and how much the client accepts.
    enum Bounds {
        static let connect = Duration.seconds(5)
        /// For an answer that only reads.
        static let read = Duration.seconds(60)
        /// For an answer that comes once a change is in force or undone: a unit may take its time to stop.
        static let change = Duration.seconds(600)
        /// Bytes of one answer: a whole history fits.
        static let body = 256 << 20
        /// Bytes of one entry of the event stream.
        static let event = 4 << 20
        static let firstReconnect = Duration.milliseconds(200)
        static let lastReconnect = Duration.seconds(5)
    }
}
