// One table of what can be called; whatever is not in it is answered from it too.
import FaultModel
import HTTPTypes

/// One method on one path.
struct Route: Sendable {
    var method: HTTPRequest.Method
    /// `/v1/faults/{id}`: a segment in braces matches any one segment.
    let path: String
    private let parts: [Substring]
    /// One line, for people.
    var summary: String
    var handle: @Sendable (Call) async throws -> Reply

    init(_ method: HTTPRequest.Method, _ path: String, _ summary: String, handle: @escaping @Sendable (Call) async throws -> Reply) {
        self.method = method
        self.path = path
        parts = path.split(separator: "/")
        self.summary = summary
        self.handle = handle
    }

    /// The values of the path's braces; nil when the path is another one. A slash more or less at the end is no difference.
    func match(_ segments: [Substring]) -> [String: String]? {
        guard parts.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (pattern, segment) in zip(parts, segments) {
            if pattern.hasPrefix("{") {
                values[String(pattern.dropFirst().dropLast())] = String(segment)
            } else if pattern != segment {
                return nil
            }
        }
        return values
    }
}

/// Finds the route of a call, or says what is near it.
struct RouteTable: Sendable {
    let routes: [Route]

    func answer(_ call: Call) async throws -> Reply {
        let segments = call.path.split(separator: "/")
        let matches = routes.compactMap { route in route.match(segments).map { (route, $0) } }
        let method = call.method == .head ? .get : call.method
        if let (route, values) = matches.first(where: { $0.0.method == method }) {
            var call = call
            call.parameters = values
            return try await route.handle(call)
        }
        if matches.isEmpty { throw missing(segments) }
        return notAllowed(call, matches.map(\.0))
    }

    private func missing(_ segments: [Substring]) -> Problem {
        let path = String(("/" + segments.joined(separator: "/")).prefix(200))
        let near = nearest(to: path, among: Set(routes.map(\.path)).sorted()).map { "did you mean \($0)? " } ?? ""
        return Problem(.notFound, "there is nothing at \(path)", hint: near + "GET / shows what there is")
    }

    /// RFC 9110 section 15.5.6: the answer names what is allowed.
    private func notAllowed(_ call: Call, _ routes: [Route]) -> Reply {
        let list = routes.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] }.joined(separator: ", ")
        let what = routes.map { "\($0.method.rawValue): \($0.summary)" }.joined(separator: "; ")
        var reply = Reply.problem(Problem(.methodNotAllowed, "\(call.method.rawValue) is not for \(call.path); \(list) is", hint: what))
        reply.headers[.allow] = list
        return reply
    }
}
