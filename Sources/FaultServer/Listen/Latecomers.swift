// Connections that are made in the very moment in which the server stops.
import NIOCore
import Synchronization

/// Keeps every connection until it is closed, and closes what is left when the server has stopped. One that is accepted while the server's
/// own channel closes is dropped on its way to the task that would serve it, and NIO ends the process for a writer that is dropped unfinished.
final class Latecomers: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    func keep<Value: Sendable>(_ value: Value, on channel: any Channel) {
        let key = ObjectIdentifier(channel)
        open.withLock { $0[key] = channel }
        channel.closeFuture.whenComplete { [self] _ in
            withExtendedLifetime(value) {}
            open.withLock { _ = $0.removeValue(forKey: key) }
        }
    }

    func closeAll() {
        for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
