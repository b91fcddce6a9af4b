// Calls of the Container Runtime Interface: gRPC on a Unix socket, a connection for each piece of work.
import FaultModel
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SwiftProtobuf

struct CRIClient: Sendable {
    let socket: String

    /// Connects, does `work` and disconnects, all within `limit`.
    ///
    /// A connection is not kept: it costs a few milliseconds, while a kept one is closed by swift-nio-http2 after 200 of the pings that Go
    /// servers send with their answers, and outlives restarts of the runtime. For the same reasons `unavailable` is tried once more.
    func session<T: Sendable>(
        _ limit: Duration, _ doing: String, _ work: @escaping @Sendable (CRISession) async throws -> T
    ) async throws(Problem) -> T {
        try await within(limit, doing) { [self] in
            do {
                do { return try await connected(limit, work) } catch let error as RPCError where error.code == .unavailable {
                    return try await connected(limit, work)
                }
            } catch let error as RPCError {
                throw problem(error, doing)
            }
        }
    }

    private func connected<T: Sendable>(_ limit: Duration, _ work: @Sendable (CRISession) async throws -> T) async throws -> T {
        // The authority would be the socket's path, which newer Go servers refuse.
        let transport = try HTTP2ClientTransport.Posix(target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext)
        return try await withGRPCClient(transport: transport) { try await work(CRISession(client: $0, limit: limit)) }
    }

    private func problem(_ error: RPCError, _ doing: String) -> Problem {
        if error.code == .unimplemented {
            let why = "serves no CRI v1 (its CRI plugin is off, or it is older than containerd 1.6)"
            return Problem(.missingDependency, "could not \(doing): \(socket) \(why)")
        }
        let cause = error.cause.map { ": \($0)" } ?? ""
        return Problem(.hostFailure, "could not \(doing): \(error.message)\(cause) (\(socket))")
    }
}

/// One open connection.
struct CRISession: Sendable {
    fileprivate let client: GRPCClient<HTTP2ClientTransport.Posix>
    fileprivate let limit: Duration

    func call<Q: Message & Sendable, A: Message & Sendable>(
        _ method: String, _ request: Q, _ answer: A.Type = A.self, service: String = "runtime.v1.RuntimeService"
    ) async throws -> A {
        var options = CallOptions.defaults
        options.timeout = limit
        return try await client.unary(
            request: ClientRequest(message: request), descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
            serializer: ProtobufOut<Q>(), deserializer: ProtobufIn<A>(), options: options
        ) { try $0.message }
    }

    /// The same, with nil for "no such container".
    func find<Q: Message & Sendable, A: Message & Sendable>(_ method: String, _ request: Q, _ answer: A.Type = A.self) async throws -> A? {
        do { return try await call(method, request, answer) } catch let error as RPCError where error.code == .notFound { return nil }
    }
}

private struct ProtobufOut<M: Message>: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: M) throws -> Bytes { Bytes(try message.serializedBytes() as [UInt8]) }
}

private struct ProtobufIn<M: Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> M {
        try bytes.withUnsafeBytes { try M(serializedBytes: Array($0)) }
    }
}
