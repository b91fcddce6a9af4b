// One request, and how it is carried out.
import AsyncHTTPClient
import FaultModel
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// A request of the API as a value.
struct Call: Sendable {
    enum Method: String, Sendable { case get = "GET", post = "POST", delete = "DELETE" }
    enum Body: Sendable {
        case form([(String, String)])
        case json(JSONValue)
    }

    var method = Method.get
    var path: String
    var query: [(String, String)] = []
    var headers: [(String, String)] = []
    var body: Body?
    var patience = FaultClient.Bounds.read

    /// A text as one segment of a path. A key without a value is written `key=`.
    static func segment(_ text: String) -> String { String(FormBody.encode([(text, "")]).dropLast()) }

    func request(socket: String) -> HTTPClientRequest {
        let search = query.isEmpty ? "" : "?" + FormBody.encode(query)
        var request = HTTPClientRequest(url: "http+unix://\(Self.segment(socket))\(path)\(search)")
        request.method = HTTPMethod(rawValue: method.rawValue)
        // Nothing adds it for a Unix socket, and HTTP/1.1 wants one.
        request.headers.add(name: "host", value: "node")
        request.headers.add(name: "accept", value: "application/json")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        add(body, to: &request)
        return request
    }

    private func add(_ body: Body?, to request: inout HTTPClientRequest) {
        switch body {
        case nil: return
        case .form(let fields):
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: FormBody.encode(fields)))
        case .json(let value):
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: value.text()))
        }
    }
}

extension FaultClient {
    /// Carries out `call`; an answer that is an error is thrown, unless its status is among those that are accepted.
    func send<Document: Decodable & Sendable>(_ call: Call, accepting statuses: [Int] = []) async throws(Problem) -> Answer<Document> {
        let (status, body) = try await exchange(call)
        guard status < 400 || statuses.contains(status) else { throw Problem(answer: body, status: status) }
        return try Answer(status: status, body: body, document: Document.reading(body))
    }

    static let stuckHeader = "faultd-stuck"

    func exchange(_ call: Call) async throws(Problem) -> (Int, [UInt8]) {
        let deadline = NIODeadline.now() + .nanoseconds(call.patience.nanoseconds)
        do {
            let response = try await http.execute(call.request(socket: socket), deadline: deadline)
            note(stuck: response.headers.first(name: Self.stuckHeader))
            let bytes = Array(try await response.body.collect(upTo: Bounds.body).readableBytesView)
            return (Int(response.status.code), bytes)
        } catch {
            throw Problem(error, socket: socket, patience: call.patience)
        }
    }
}

extension Decodable {
    /// Reads an answer's document.
    static func reading(_ body: [UInt8]) throws(Problem) -> Self {
        do {
            let document = try JSONDecoder().decode(Self.self, from: Data(body))
            guard let ordered = document as? any OrderedParts, let json = JSONValue(parsing: body) else { return document }
            return ordered.taking(json) as? Self ?? document
        } catch {
            throw Problem(
                .internalError, "faultd's answer can't be read: \(error)",
                hint: "the daemon may be newer than this program; `faultctl version` shows both versions")
        }
    }
}
