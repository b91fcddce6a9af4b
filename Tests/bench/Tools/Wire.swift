// A client as cheap as can be: a blocking socket that is kept open, and requests written by hand.
import CLinux
import Glibc

struct Answer: Sendable {
    let status: Int
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The id of the fault that the answer begins with.
    var id: String? {
        let parts = text.prefix(80).split(separator: "\"", maxSplits: 4, omittingEmptySubsequences: false)
        return parts.count > 3 && parts[1] == "id" ? String(parts[3]) : nil
    }

    func require(_ wanted: Int, _ what: String) throws -> Answer {
        if status == wanted { return self }
        throw Failure("\(what): \(status) \(text.prefix(400).split(whereSeparator: \.isNewline).joined(separator: " "))")
    }
}

/// One connection to a Unix socket. For one thread.
final class Wire {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// A server that says nothing for so long has failed, in seconds.
    private static let patience = 120

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system("make a socket") }
        setPatience(descriptor, seconds: Self.patience)
        guard UnixAddress.use(path, { connect(descriptor, $0, $1) }) == 0 else {
            let failure = Failure.system("connect to \(path)")
            close(descriptor)
            throw failure
        }
    }

    deinit { close(descriptor) }

    func call(_ method: String, _ path: String, _ body: String = "") throws -> Answer {
        try begin(method, path, body)
        var received: [UInt8] = []
        var head: Head?
        while true {
            received += try receive()
            head = head ?? Head(received)
            if let head, received.count >= head.end + head.length { return Answer(status: head.status, body: Array(received[head.end...])) }
        }
    }

    /// Sends a request whose answer is read piece by piece, as it comes.
    func begin(_ method: String, _ path: String, _ body: String = "") throws {
        let type = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        let request = Array("\(method) \(path) HTTP/1.1\r\nHost: node\r\n\(type)\r\n\(body)".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw Failure.system("send") }
    }

    func receive() throws -> ArraySlice<UInt8> {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw count == 0 ? Failure("the server hung up") : Failure.system("receive") }
        return buffer[..<count]
    }

    /// Wakes whoever is in `receive`, for good.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// Status, length of the body and where it begins.
private struct Head {
    let status: Int
    let length: Int
    let end: Int

    init?(_ bytes: [UInt8]) {
        // Answers of more than these are the list's, whose head is at the front all the same.
        let text = String(decoding: bytes.prefix(1024), as: UTF8.self)
        guard let head = text.utf8.firstRange(of: "\r\n\r\n".utf8) else { return nil }
        end = text.utf8.distance(from: text.utf8.startIndex, to: head.upperBound)
        let lines = text.utf8[..<head.lowerBound].split(separator: UInt8(ascii: "\r")).map { String(Substring($0)) }
        status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) } ?? 0
        length = lines.lazy.compactMap { Self.length($0.lowercased()) }.first ?? 0
    }

    private static func length(_ line: String) -> Int? {
        guard let name = line.utf8.firstRange(of: "content-length: ".utf8) else { return nil }
        return Int(Substring(line.utf8[name.upperBound...]))
    }
}

/// Receiving fails when nothing came for so long.
func setPatience(_ descriptor: Int32, seconds: Int) {
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
}

/// `sockaddr_un` of a path.
enum UnixAddress {
    static func use<T>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
