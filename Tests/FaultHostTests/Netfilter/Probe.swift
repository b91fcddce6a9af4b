// Real packets over the loopback interface.
import FaultModel
import Foundation
import Testing

/// A listener in this namespace, and whether packets reach it.
final class Probe {
    enum Answer { case connected, refused, timedOut }

    private let address: String
    private let port: UInt16
    private let listener: Int32

    init(tcp address: String = "127.0.0.1", port: UInt16) throws {
        (self.address, self.port) = (address, port)
        listener = socket(Self.family(address), Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        try #require(Self.with(address, port) { bind(listener, $0, $1) } == 0)
        try #require(listen(listener, 16) == 0)
    }

    deinit { close(listener) }

    func connects(to other: (address: String, port: UInt16)? = nil, within limit: Duration = .milliseconds(300)) -> Answer {
        let target = other ?? (address, port)
        let client = socket(Self.family(target.address), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        defer { close(client) }
        _ = Self.with(target.address, target.port) { connect(client, $0, $1) }
        var state = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
        guard poll(&state, 1, Int32(limit.milliseconds)) == 1 else { return .timedOut }
        var (error, length): (Int32, socklen_t) = (0, socklen_t(MemoryLayout<Int32>.size))
        getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length)
        return error == 0 ? .connected : .refused
    }

    /// The oldest connection that waits for it, until it goes away.
    func accepted() throws -> FileHandle {
        let connection = accept(listener, nil, nil)
        try #require(connection >= 0)
        return FileHandle(fileDescriptor: connection, closeOnDealloc: true)
    }

    private static func family(_ address: String) -> Int32 { address.contains(":") ? AF_INET6 : AF_INET }

    static func with(_ address: String, _ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        if address.contains(":") {
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            inet_pton(AF_INET6, address, &six.sin6_addr)
            return pointer(to: &six, call)
        }
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &four.sin_addr)
        return pointer(to: &four, call)
    }

    private static func pointer<T>(to value: inout T, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: &value) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, socklen_t(MemoryLayout<T>.size)) }
        }
    }
}

/// One datagram after the other to itself: over the loopback interface each has arrived, or never will, when sendto(2) returns.
final class DatagramProbe {
    private let port: UInt16
    private let socket: Int32

    init(port: UInt16) throws {
        self.port = port
        socket = Foundation.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        try #require(Probe.with("127.0.0.1", port) { bind(socket, $0, $1) } == 0)
    }

    deinit { close(socket) }

    /// Whether one datagram arrives.
    func arrives() -> Bool {
        var byte: UInt8 = 1
        _ = Probe.with("127.0.0.1", port) { Int32(sendto(socket, &byte, 1, 0, $0, $1)) }
        return recv(socket, &byte, 1, 0) == 1
    }

    /// Sends one a millisecond until one arrives, and returns when that was sent; nil when none did.
    func firstArrival(within limit: Duration) -> Timestamp? {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < limit {
            let sent = Moment.now().wall
            if arrives() { return sent }
            usleep(1000)
        }
        return nil
    }
}
