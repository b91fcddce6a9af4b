// From Hummingbird's request to a call, and from a reply to what goes over the wire: the only file that knows both.
import FaultModel
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

struct Answerer: Sendable {
    let table: RouteTable
    let users: UserNames
    let peers: Peers
    let clock: any NodeClock
    let logger: Logger
    /// How many faults could not be undone yet; asked for every answer, so it must not wait.
    var stuckCount: @Sendable () -> Int = { 0 }

    /// Bytes of a body that is too large which are read before it is refused.
    private static let mostDiscarded = 16 * Limits.bodyBytes

    /// Answers one request, whatever happens: an error becomes a problem document.
    func respond(to request: Request, on channel: any Channel, with writer: consuming ResponseWriter) async throws {
        let (call, reply, bytes) = try await answer(request, on: channel, writer)
        // Nobody waits for the line.
        defer { log(call, reply) }
        var headers = reply.headers
        headers[.date] = HTTPDate.text(clock.now().wall)
        let stuck = stuckCount()
        if stuck > 0, let name = HTTPField.Name.faultdStuck { headers[name] = String(stuck) }
        let response = HTTPResponse(status: reply.status, headerFields: headers)
        if case .events(let feed) = reply.body, call.method != .head {
            try await stream(feed, response, writer)
        } else {
            // Nothing for the head of a stream: without a length NIO would write the end of a chunked body, which a HEAD has none of.
            try await send(bytes ?? [], response, for: call, writer)
        }
    }

    private func answer(_ request: Request, on channel: any Channel, _ writer: borrowing ResponseWriter) async throws -> (Call, Reply, [UInt8]?) {
        var call = Call(method: request.method, path: request.uri.path, query: request.uri.query ?? "", headers: request.headers)
        // A body that breaks off is not caught here: Hummingbird closes the connection.
        let body = try await body(of: request, writer)
        do {
            guard let body else { throw Problem.bodyTooLarge }
            call.body = body
            call.caller = try await caller(on: channel)
            let known = call
            let reply = try await waitUnlessCancelled { try await table.answer(known) }
            return (call, reply, try reply.bytes(pretty: call.isPretty))
        } catch {
            let reply = Reply.problem(Problem(error, doing: call.name, logger: logger))
            return (call, reply, try reply.bytes(pretty: call.isPretty))
        }
    }

    private func send(_ bytes: [UInt8], _ response: HTTPResponse, for call: Call, _ writer: consuming ResponseWriter) async throws {
        var response = response
        response.headerFields[.contentLength] = String(bytes.count)
        let body = call.method == .head ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        try await writer.write(response: response, body: body)
    }

    private func stream(_ feed: EventFeed, _ response: HTTPResponse, _ writer: consuming ResponseWriter) async throws {
        try await writer.write(
            response: response,
            body: ResponseBody { writer in
                try await feed.write { try await writer.write(ByteBuffer(string: $0)) }
                try await writer.finish(nil)
            })
    }
}

extension HTTPField.Name {
    /// How many faults could not be undone yet, on every answer while there are any: nobody who talks to the node shall miss it.
    static let faultdStuck = HTTPField.Name("Faultd-Stuck")
}

extension Answerer {
    private func caller(on channel: any Channel) async throws -> Caller {
        guard let peer = peers.peer(on: channel) else {
            throw Problem(.forbidden, "the kernel does not tell who is at the other end of this connection")
        }
        // A caller in another pid namespace has the number 0 here, which is nobody's.
        return Caller(via: "unix", uid: peer.uid, user: await users.name(of: peer.uid), pid: peer.pid > 0 ? peer.pid : nil)
    }

    /// - Returns: nil when it is too large. Such a one is read all the same, up to a point: a client that sends on and on does not hear the
    ///   answer before it is done, unless it asked first.
    private func body(of request: Request, _ writer: borrowing ResponseWriter) async throws -> [UInt8]? {
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        if request.headers[.expect]?.lowercased() == "100-continue" {
            if length > Limits.bodyBytes { return nil }
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var bytes: [UInt8] = []
        var count = 0
        for try await chunk in request.body {
            count += chunk.readableBytes
            if count <= Limits.bodyBytes { bytes += chunk.readableBytesView }
            if count > Self.mostDiscarded { break }
        }
        return count > Limits.bodyBytes ? nil : bytes
    }

    /// One line for each request that may change something.
    private func log(_ call: Call, _ reply: Reply) {
        guard call.method != .get, call.method != .head else { return }
        let fault = reply.fault?.text ?? call.path.split(separator: "/").lazy.compactMap { FaultID(String($0))?.text }.first
        logger.info(
            "\(call.name) \(reply.status.code)",
            metadata: [
                "fault": fault.map { "\($0)" }, "caller": "\(call.caller.name)", "uid": call.caller.uid.map { "\($0)" },
                "pid": call.caller.pid.map { "\($0)" },
            ].compactMapValues { $0 })
    }
}
