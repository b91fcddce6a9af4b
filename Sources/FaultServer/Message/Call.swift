// One request as the routes see it: no channel, no stream.
import FaultModel
import HTTPTypes

/// Everything a handler needs of a request.
struct Call: Sendable {
    var method: HTTPRequest.Method
    /// Without the query, starting with `/`.
    var path: String
    /// As it came, without the `?`.
    var query: String
    var headers: HTTPFields
    var body: [UInt8]
    var caller: Caller
    /// What stood in the places of `{…}` in the route's path.
    var parameters: [String: String] = [:]

    init(
        method: HTTPRequest.Method, path: String, query: String = "", headers: HTTPFields = [:], body: [UInt8] = [],
        caller: Caller = Caller(via: "unix")
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.caller = caller
    }

    /// Where a person sees what was called: `GET /v1/faults`.
    var name: String { "\(method.rawValue) \(path)" }

    /// The fault that the path names.
    func faultID() throws(Problem) -> FaultID {
        let text = parameters["id"] ?? ""
        if let id = FaultID(text) { return id }
        throw Problem(
            .notFound, "\"\(text.prefix(64))\" is not the id of a fault",
            hint: "an id has 26 letters and digits, such as 01JD6W3V5N8Q2R4T6Y7Z9ABCDE; GET /v1/faults lists them")
    }

    /// Whether a browser asks.
    var wantsHTML: Bool { headers[.accept]?.contains("text/html") ?? false }

    /// Reads the query's parameters; every one that `read` does not ask for is refused with the nearest known name.
    func readQuery<Value>(_ read: (inout SpecReader) -> Value) throws(Problem) -> Value {
        let fields = try FormText.parse(query, of: "the query")
        var reader = SpecReader(FormBody.object(fields), path: "query", lenient: true)
        let value = read(&reader)
        _ = reader.read(Self.pretty)
        _ = try reader.finish(name)
        return value
    }

    /// Checks that there is no parameter but the one that every route takes.
    func takeNoQuery() throws(Problem) { try readQuery { _ in } }

    private static let pretty = Field<Bool>("pretty", default: true, "Indented JSON.")

    /// `?pretty=false` asks for JSON on one line.
    var isPretty: Bool { !(FormBody.parse(query) ?? []).contains { $0.0 == "pretty" && ["false", "no", "0"].contains($0.1) } }
}
