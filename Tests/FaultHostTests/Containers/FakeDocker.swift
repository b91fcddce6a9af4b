import FaultModel
import Foundation
import Synchronization

// A Docker that misbehaves on purpose, on a Unix socket of its own.
@testable import FaultHost

final class FakeDocker: Sendable {
    enum Reply: Sendable {
        case answer(Int, String)
        /// Accepts and says nothing.
        case hang
        /// Promises a body and stops in the middle of it; the connection stays open.
        case stall(String)
        /// The same, and closes.
        case cut(String)
    }

    let path = "/tmp/fake-docker-\(UUID().uuidString.prefix(8)).sock"
    private let listener: Int32
    private let reply: @Sendable (String) -> Reply
    private let log = Mutex<[String]>([])

    /// - Parameter reply: to a request line such as `GET /v1.41/containers/json?all=1`.
    init(_ reply: @escaping @Sendable (String) -> Reply) throws {
        self.reply = reply
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let failed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard failed == 0, listen(listener, 64) == 0 else { throw LiveNode.Failure(text: "could not listen on \(path)") }
        Thread.detachNewThread { [self] in serve() }
    }

    var requests: [String] { log.withLock { $0 } }
    func socketOf(_ kind: Runtime) -> RuntimeSocket { RuntimeSocket(kind: kind, path: path) }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        unlink(path)
    }

    private func serve() {
        while case let connection = accept(listener, nil, nil), connection >= 0 {
            Thread.detachNewThread { [self] in talk(connection) }
        }
    }

    private func talk(_ connection: Int32) {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            while !text.contains("\r\n\r\n") {
                let count = read(connection, &buffer, buffer.count)
                guard count > 0 else { Glibc.close(connection); return }
                text += String(decoding: buffer.prefix(count), as: UTF8.self)
            }
            guard let line = text.split(separator: "\r\n").first?.replacing(" HTTP/1.1", with: "") else { return }
            log.withLock { $0.append(String(line)) }
            text = ""
            guard send(reply(String(line)), on: connection) else { return }
        }
    }

    /// False when the connection is not to be used again.
    private func send(_ reply: Reply, on connection: Int32) -> Bool {
        let head = { (status: Int, length: Int) in "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n\r\n" }
        switch reply {
        case .answer(let status, let body):
            put(head(status, body.utf8.count) + body, connection)
            return true
        case .hang: return false
        case .stall(let part): put(head(200, part.utf8.count + 100) + part, connection)
        case .cut(let part):
            put(head(200, part.utf8.count + 100) + part, connection)
            Glibc.close(connection)
        }
        return false
    }

    private func put(_ text: String, _ connection: Int32) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    static let version = Reply.answer(200, #"{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#)
    static let list = Reply.answer(
        200, #"[{"Id":"0123456789abcdef","Names":["/web"],"Image":"web:1","Created":1767225600,"Labels":{},"State":"exited"}]"#)
    static let inspection = Reply.answer(
        200,
        """
        {"Id":"0123456789abcdef","Name":"/web","Created":"2026-01-01T00:00:00.25Z","Config":{"Image":"web:1","Labels":{}},
         "State":{"Status":"exited","Pid":0,"StartedAt":"2026-01-01T00:00:00.5Z","FinishedAt":"2026-01-01T00:01:00Z","ExitCode":137},
         "HostConfig":{"AutoRemove":false,"RestartPolicy":{"Name":"no"}}}
        """)

    /// Everything answers as it should for one dead container.
    static func good(_ line: String) -> Reply {
        if line.hasSuffix("/version") { return version }
        if line.contains("/containers/json") { return list }
        return line.hasSuffix("/start") ? .answer(204, "") : inspection
    }
}
