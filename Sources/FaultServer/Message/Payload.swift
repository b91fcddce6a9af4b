// A request's body by its content type: JSON, or the form that curl -d sends.
import FaultModel
import HTTPTypes

/// What a body says, before anybody knows what it should say.
enum Payload: Sendable, Equatable {
    case empty
    case json(JSONValue)
    case form([Field])

    struct Field: Sendable, Equatable {
        var key: String
        var value: String
    }

    private static let jsonType = "application/json"
    private static let formType = "application/x-www-form-urlencoded"

    init(_ call: Call) throws(Problem) {
        let declared = Self.mediaType(call.headers[.contentType])
        guard let first = call.body.first(where: { !JSONText.isSpace($0) }) else {
            self = .empty
            return
        }
        switch declared {
        case Self.jsonType: self = .json(try JSONText.parse(call.body))
        // curl -d '{…}' without -H says it is a form, and no form of ours starts with a brace.
        case Self.formType where first == UInt8(ascii: "{"), nil where first == UInt8(ascii: "{"): self = .json(try JSONText.parse(call.body))
        case Self.formType, nil: self = .form(try Self.fields(call.body))
        case .some(let other): throw Self.unsupported(other)
        }
    }

    /// `Application/JSON; charset=utf-8` is `application/json`.
    private static func mediaType(_ header: String?) -> String? {
        guard let type = header?.split(separator: ";").first else { return nil }
        let plain = String(type.filter { $0 != " " && $0 != "\t" }).lowercased()
        if plain.isEmpty { return nil }
        return plain.hasPrefix("application/") && plain.hasSuffix("+json") ? jsonType : plain
    }

    private static func fields(_ body: [UInt8]) throws(Problem) -> [Field] {
        // An editor's or echo's newline at the end is nobody's value.
        let text = String(validating: body, as: UTF8.self).map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
        guard let text else { throw Problem(.badRequest, "the form is not UTF-8 text") }
        let pairs = try FormText.parse(text, of: "the form")
        return pairs.map { Field(key: $0.0, value: $0.1) }
    }

    private static func unsupported(_ type: String) -> Problem {
        Problem(.unsupportedMediaType, "a body of type \(type.prefix(80)) is not read here", hint: "send \(jsonType) or \(formType)")
    }
}

extension Payload {
    /// The form's fields as FormBody takes them.
    var pairs: [(String, String)] {
        guard case .form(let fields) = self else { return [] }
        return fields.map { ($0.key, $0.value) }
    }

    /// Reads a body of a few optional fields; every other field is refused with the nearest known name.
    func read<Value>(_ what: String, _ read: (inout SpecReader) -> Value) throws(Problem) -> Value {
        var reader = try reader()
        let value = read(&reader)
        _ = try reader.finish(what)
        return value
    }

    private func reader() throws(Problem) -> SpecReader {
        switch self {
        case .empty: SpecReader(.object([]), path: "", lenient: true)
        case .form: SpecReader(FormBody.object(pairs), path: "", lenient: true)
        case .json(let value): SpecReader(try Self.object(value), path: "", lenient: false)
        }
    }

    static func object(_ value: JSONValue) throws(Problem) -> JSONValue {
        guard value.members != nil else { throw Problem(.badRequest, "the body must be a JSON object, not \(value.typeName)") }
        return value
    }
}
