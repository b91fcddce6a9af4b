// A client that knows nothing of the server: bytes over a Unix socket, so that what is sent and what comes back is seen as it is.
import Foundation
import Synchronization

/// One connection. Calls block, so each runs on a thread of its own and leaves the pool that the server runs on alone.
final class RawConnection: Sendable {
    struct Failure: Error { var what: String }

    private let descriptor: Int32
    private let buffer = Mutex<[UInt8]>([])

    init(to path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else { throw Failure(what: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await offload { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard sent > 0 else { throw Failure(what: "send: \(String(cString: strerror(errno)))") }
                rest = rest.dropFirst(sent)
            }
        }
    }

    /// Closes the connection while the object lives on.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// All that came so far, once it contains `mark`; throws at the end of the stream and at the time limit.
    @discardableResult
    func read(until mark: String, within seconds: Int32 = 10) async throws -> String {
        while true {
            let text = String(decoding: buffer.withLock { $0 }, as: UTF8.self)
            if text.contains(mark) { return text }
            guard try await more(within: seconds) else { throw Failure(what: "the stream ended without \(mark): \(text)") }
        }
    }

    func readToEnd(within seconds: Int32 = 10) async throws -> [UInt8] {
        while try await more(within: seconds) {}
        return buffer.withLock { $0 }
    }

    /// Whether anything came before the end of the stream.
    private func more(within seconds: Int32) async throws -> Bool {
        let chunk = try await offload { [descriptor] in
            var waiter = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiter, 1, seconds * 1000) == 1 else { throw Failure(what: "nothing came for \(seconds) s") }
            var room = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &room, room.count, 0)
            guard count >= 0 else { throw Failure(what: "recv: \(String(cString: strerror(errno)))") }
            return Array(room.prefix(count))
        }
        buffer.withLock { $0 += chunk }
        return !chunk.isEmpty
    }
}

func offload<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// An answer as it came.
struct RawAnswer: Sendable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { throw RawConnection.Failure(what: "no head in: \(text)") }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        guard let code = lines[0].split(separator: " ").dropFirst().first, let status = Int(code) else {
            throw RawConnection.Failure(what: "no status in \(lines[0])")
        }
        self.status = status
        headers = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1] : ""
        }
        body = Array(text[end.upperBound...].utf8)
    }
}
