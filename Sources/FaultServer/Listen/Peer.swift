// Who is at the other end of a Unix socket, as the kernel tells.
import FaultModel
import Glibc
import NIOCore
import Synchronization

/// `struct ucred` of unix(7), which the Glibc module lacks: who connected, when it connected.
struct PeerCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = .max
    var gid: UInt32 = .max

    fileprivate static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials>? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        return provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }
}

/// Who is at the other end of each open connection: that never changes, so the kernel is asked once.
final class Peers: Sendable {
    private let known = Mutex<[ObjectIdentifier: PeerCredentials]>([:])

    /// On the channel's event loop, where the answer is there at once.
    func keep(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        PeerCredentials.of(channel)?.whenSuccess { [self] found in known.withLock { $0[key] = found } }
        channel.closeFuture.whenComplete { [self] _ in known.withLock { _ = $0.removeValue(forKey: key) } }
    }

    /// Nil where the kernel knows nobody, as on a TCP connection.
    func peer(on channel: any Channel) -> PeerCredentials? {
        known.withLock { $0[ObjectIdentifier(channel)] }.flatMap { $0.uid == .max ? nil : $0 }
    }
}
