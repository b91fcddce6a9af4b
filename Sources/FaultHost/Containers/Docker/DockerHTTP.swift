// HTTP to an engine's Unix socket, with the traps of that: no Host header by itself, hanging engines, stale connections.
import AsyncHTTPClient
import FaultModel
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1

/// Requests to one socket: `curl --unix-socket /run/docker.sock http://docker/…`.
struct DockerHTTP: Sendable {
    struct Answer: Sendable {
        var status: UInt
        var body: ByteBuffer

        func decode<T: Decodable>(_ type: T.Type) throws -> T { try JSONDecoder().decode(type, from: Data(body.readableBytesView)) }

        /// What the engine says is wrong, or the status alone.
        var complaint: String {
            if let error = try? decode(DockerError.self) { return error.message }
            let text = String(decoding: body.readableBytesView.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " ")
            return text.isEmpty ? "status \(status)" : "status \(status): \(text)"
        }
    }

    let client: HTTPClient
    let socket: String

    /// One client for every socket; it must be shut down before it goes away.
    static func makeClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        // A socket that is not there would be tried until the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = ContainerLimits.parallelCalls
        configuration.connectionPool.idleTimeout = .seconds(10)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Parameter path: with its query, percent-encoded.
    func send(_ method: HTTPMethod, _ path: String, limit: Duration, _ doing: String) async throws(Problem) -> Answer {
        let request = request(method, path)
        return try await within(limit, doing) { [client, socket] in
            do {
                return try await Self.once(client, request, limit)
            } catch  where Self.wasCut(error) {
                // The engine closed a connection that was kept for reuse, or was restarted: all that is asked here may be asked twice.
                return try await Self.once(client, request, limit)
            } catch {
                throw Problem(.hostFailure, "could not \(doing): \(Self.reason(error)) (\(socket))")
            }
        }
    }

    /// An answer that goes on until somebody stops.
    func stream(_ path: String) async throws -> HTTPClientResponse.Body {
        let response = try await client.execute(request(.GET, path), deadline: .distantFuture)
        guard response.status == .ok else { throw Problem(.hostFailure, "\(socket) answers \(response.status.code) to \(path)") }
        return response.body
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http+unix://\(Self.encode(socket))\(path)")
        request.method = method
        // None is sent for a Unix socket, and Go's server refuses a request without.
        request.headers.add(name: "host", value: "docker")
        return request
    }

    private static func once(_ client: HTTPClient, _ request: HTTPClientRequest, _ limit: Duration) async throws -> Answer {
        // `within` is what ends it in time, and says so; this is the second net.
        let response = try await client.execute(request, timeout: .nanoseconds(2 * limit.nanoseconds))
        return Answer(status: response.status.code, body: try await response.body.collect(upTo: ContainerLimits.answerBytes))
    }

    private static func wasCut(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        guard let error = error as? IOError else { return false }
        return error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        return (error as? HTTPClientError)?.description ?? "\(error)"
    }

    /// Everything but letters, digits and `-._~` as %XX (RFC 3986).
    static func encode(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { out, byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~".contains(character))
            out += isPlain ? String(character) : "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
        }
    }
}
