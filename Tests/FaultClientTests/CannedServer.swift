// A daemon made of canned answers: an HTTP server on a Unix socket that tests drive by hand.
import Foundation
import Glibc
import Synchronization

/// Answers every request by a closure, one connection each, and remembers what it was asked.
final class CannedServer: Sendable {
    struct Request: Sendable {
        var method: String
        /// Path and query.
        var target: String
        /// Names in lower case.
        var headers: [String: String]
        var body: String
    }

    struct Reply: Sendable {
        var status = 200
        var type = "application/json"
        var headers: [String: String] = [:]
        /// Written one after the other.
        var chunks: [String]
        /// Whether the connection stays open after the last chunk, as an event stream does.
        var stays = false

        static func json(_ text: String, status: Int = 200) -> Reply { Reply(status: status, chunks: [text]) }
        static func problem(_ text: String, status: Int) -> Reply { Reply(status: status, type: "application/problem+json", chunks: [text]) }
        static func events(_ chunks: [String], stays: Bool) -> Reply { Reply(type: "text/event-stream", chunks: chunks, stays: stays) }
        /// The connection is closed with no answer at all.
        static let silence = Reply(status: 0, chunks: [])
    }

    let path: String
    private let listener: Int32
    private let seen = Mutex<[Request]>([])
    private let held = Mutex<[Int32]>([])

    var requests: [Request] { seen.withLock { $0 } }

    init(_ answer: @escaping @Sendable (Request) -> Reply) throws {
        path = "/tmp/faultctl-test-\(UUID().uuidString.prefix(8)).sock"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try Self.bind(listener, path)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                // Closed here and not by `stop`: until this thread is done with the number, nobody else may be given it.
                guard connection >= 0 else { close(listener); return }
                serve(connection, answer)
            }
        }
    }

    /// Ends everything: nobody listens any more, and what was open breaks.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        held.withLock { connections in
            for connection in connections { close(connection) }
            connections = []
        }
        unlink(path)
    }

    private func serve(_ connection: Int32, _ answer: (Request) -> Reply) {
        guard let request = read(from: connection) else { close(connection); return }
        seen.withLock { $0.append(request) }
        let reply = answer(request)
        if reply.status > 0 {
            let more = reply.headers.map { "\($0.key): \($0.value)\r\n" }.joined()
            let head = "HTTP/1.1 \(reply.status) X\r\ncontent-type: \(reply.type)\r\nconnection: close\r\n\(more)\r\n"
            for text in [head] + reply.chunks { _ = text.withCString { write(connection, $0, strlen($0)) } }
        }
        if reply.stays { held.withLock { $0.append(connection) } } else { close(connection) }
    }

    private func read(from connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let request = Request(bytes) { return request }
            let count = Glibc.read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer.prefix(count)
        }
    }

    private static func bind(_ listener: Int32, _ path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let done = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard done == 0, listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
    }
}

extension CannedServer.Request {
    /// Nil while something of it is still to come.
    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        headers = Dictionary(
            lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (parts[0].lowercased(), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
            }, uniquingKeysWith: { $1 })
        (method, target, body) = (String(words[0]), String(words[1]), String(text[end.upperBound...]))
        guard body.utf8.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return nil }
    }
}
