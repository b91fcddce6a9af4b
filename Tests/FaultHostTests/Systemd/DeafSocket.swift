// A Unix socket with nobody sensible behind it.
import FaultModel
import Foundation
import Glibc
import Testing

/// Takes connections and says nothing, or hangs up at the first word.
final class DeafSocket: Sendable {
    let path: String
    private let folder: String
    private let descriptor: Int32

    init(name: String = "bus", hangsUp: Bool = false) throws {
        folder = "/tmp/ht-\(UnitLab.freshID().text)"
        path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(atPath: "\(folder)/systemd", withIntermediateDirectories: true)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(withUnixAddress(path) { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 16) == 0)
        if hangsUp { Thread(block: hangUp).start() }
    }

    @Sendable private func hangUp() {
        while true {
            let peer = accept(descriptor, nil, nil)
            if peer < 0 { return }
            var byte: UInt8 = 0
            _ = read(peer, &byte, 1)
            Glibc.close(peer)
        }
    }

    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        Glibc.close(descriptor)
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Connects to a Unix socket and lets go of it; 0 or the error number.
func connectTo(_ path: String) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return withUnixAddress(path) { connect(descriptor, $0, $1) } == 0 ? 0 : errno
}

private func withUnixAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
}
