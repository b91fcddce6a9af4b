// Who is at the other end of a Unix socket, as the kernel tells.
import FaultModel
import Glibc
import NIOCore

/// `struct ucred` of unix(7), which the Glibc module lacks: who connected, when it connected.
struct PeerCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = .max
    var gid: UInt32 = .max

    /// - Returns: nil where the kernel knows nobody, as on a TCP connection.
    static func of(_ channel: any Channel) async throws -> PeerCredentials? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let option = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        let found: PeerCredentials = try await provider.unsafeGetSocketOption(level: .socket, name: option).get()
        return found.uid == .max ? nil : found
    }
}
