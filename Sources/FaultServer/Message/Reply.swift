// One answer as the routes give it.
import FaultModel
import HTTPTypes

/// Status, headers and body.
struct Reply: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Body
    /// The fault it is about, for the log.
    var fault: FaultID?

    enum Body: Sendable {
        case json(any Encodable & Sendable)
        case text(String)
        case events(EventFeed)
    }

    init(_ status: HTTPResponse.Status = .ok, type: String, body: Body) {
        self.status = status
        headers = [.contentType: type]
        self.body = body
    }

    /// A value as JSON, its members in the order in which it declares them.
    static func json(_ value: some Encodable & Sendable, status: HTTPResponse.Status = .ok) -> Reply {
        Reply(status, type: "application/json", body: .json(value))
    }

    /// A fault, with where to find it.
    static func fault(_ document: FaultDocument, status: HTTPResponse.Status = .ok) -> Reply {
        var reply = json(document, status: status)
        reply.fault = document.id
        if status == .created { reply.headers[.location] = "/v1/faults/\(document.id)" }
        return reply
    }

    /// Many that were ended; what was refused makes it a problem, which says as well what was not.
    static func ended(_ document: EndedDocument) throws -> Reply {
        guard let refusal = document.problem else { return json(document) }
        var reply = problem(refusal)
        let parts = [try JSONValue(encoding: refusal), try JSONValue(encoding: document)]
        reply.body = .json(JSONValue.object(parts.flatMap { $0.members ?? [] }))
        return reply
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Reply { Reply(type: type, body: .text(text)) }

    static func problem(_ problem: Problem) -> Reply {
        Reply(.init(code: problem.status), type: "application/problem+json", body: .json(problem))
    }

    /// A whole body's bytes; nil for a stream.
    func bytes(pretty: Bool) throws -> [UInt8]? {
        switch body {
        case .json(let value): try value.jsonBytes(pretty: pretty) + [UInt8(ascii: "\n")]
        case .text(let text): Array(text.utf8)
        case .events: nil
        }
    }
}
