// Types that a field of a spec (or of the configuration) can have: how each is read, written and described.

/// Why a value was refused: a sentence that says what would be right, and where inside the value (`[2]`) it went wrong.
public struct ValueError: Error, Sendable {
    public var message: String
    public var path: String
    /// Well-formed but of the wrong JSON type.
    public init(_ message: String, at path: String = "") {
        self.message = message
        self.path = path
    }
}

/// A type of field. `lenient` is for form bodies and command lines, where every value arrives as a string.
public protocol SpecValue: Sendable {
    init(spec value: JSONValue, lenient: Bool) throws(ValueError)
    var spec: JSONValue { get }
    /// The JSON Schema (draft 2020-12) of this type.
    static var schema: JSONValue { get }
}

extension Bool: SpecValue {
    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        switch value {
        case .bool(let flag): self = flag
        case .string("true") where lenient, .string("yes") where lenient, .string("1") where lenient: self = true
        case .string("false") where lenient, .string("no") where lenient, .string("0") where lenient: self = false
        default: throw ValueError("must be true or false, not \(value.text())")
        }
    }
    public var spec: JSONValue { .bool(self) }
    public static var schema: JSONValue { ["type": "boolean"] }
}

extension Int: SpecValue {
    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        if case .int(let number) = value, let whole = Int(exactly: number) {
            self = whole
        } else if lenient, case .string(let text) = value, let whole = Int(text) {
            self = whole
        } else {
            throw ValueError("must be a whole number, not \(value.text())")
        }
    }
    public var spec: JSONValue { .int(Int64(self)) }
    public static var schema: JSONValue { ["type": "integer"] }
}

extension Double: SpecValue {
    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        switch value {
        case .double(let number): self = number
        case .int(let number): self = Double(number)
        case .string(let text) where lenient:
            guard let number = Double(text), number.isFinite else { throw ValueError("must be a number, not \(value.text())") }
            self = number
        default: throw ValueError("must be a number, not \(value.text())")
        }
    }
    public var spec: JSONValue { .double(self) }
    public static var schema: JSONValue { ["type": "number"] }
}

extension String: SpecValue {
    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value else { throw ValueError("must be a string, not \(value.typeName)") }
        guard !text.isEmpty, text.utf8.count <= Limits.textBytes else { throw ValueError("must be 1 to \(Limits.textBytes) bytes of text") }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw ValueError("must not contain control characters")
        }
        self = text
    }
    public var spec: JSONValue { .string(self) }
    public static var schema: JSONValue { ["type": "string", "minLength": 1, "maxLength": .int(Int64(Limits.textBytes))] }
}

extension Duration: SpecValue {
    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, let duration = Duration(text: text) else {
            throw ValueError("must be a duration with its unit, such as \"90s\", \"5m\" or \"1h30m\", not \(value.text())")
        }
        self = duration
    }
    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["250ms", "90s", "5m", "1h30m", "PT5M"]] }
}

extension Array: SpecValue where Element: SpecValue {
    /// A list; a form's lone value is a list of one, and one with commas is split.
    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        let items: [JSONValue]
        switch value {
        case .array(let values): items = values
        case .string(let text) where lenient && Element.splitsAtCommas:
            items = text.split(separator: ",").map { .string(String($0)) }
        case _ where lenient: items = [value]
        default: throw ValueError("must be a list, not \(value.typeName)")
        }
        guard items.count <= Limits.listItems else { throw ValueError("must have at most \(Limits.listItems) entries, not \(items.count)") }
        self = []
        for (index, item) in items.enumerated() {
            do { append(try Element(spec: item, lenient: lenient)) } catch {
                throw ValueError(error.message, at: "[\(index)]\(error.path)")
            }
        }
    }
    public var spec: JSONValue { .array(map(\.spec)) }
    public static var schema: JSONValue { ["type": "array", "items": Element.schema, "maxItems": .int(Int64(Limits.listItems))] }
}

extension SpecValue {
    /// Whether `80,443` in a form means two values. Not so for types whose text may hold a comma.
    static var splitsAtCommas: Bool { Self.self != String.self && Self.self != Pattern.self }
}

/// A closed set of words.
public protocol SpecWord: SpecValue, RawRepresentable, CaseIterable, Codable where RawValue == String {}

extension SpecWord {
    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        let words = Self.allCases.map(\.rawValue)
        guard case .string(let text) = value, let word = Self(rawValue: lenient ? text.lowercased() : text) else {
            let near = value.stringValue.flatMap { nearest(to: $0, among: words) }.map { "; did you mean \($0)?" } ?? ""
            throw ValueError("must be one of \(words.joined(separator: ", ")), not \(value.text())\(near)")
        }
        self = word
    }
    public var spec: JSONValue { .string(rawValue) }
    public static var schema: JSONValue { ["type": "string", "enum": .array(allCases.map { .string($0.rawValue) })] }
}

/// Free-form string members, such as labels.
public struct StringMap: SpecValue, Codable, Hashable {
    public var values: [String: String]

    public init(_ values: [String: String] = [:]) { self.values = values }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .object(let members) = value else { throw ValueError("must be an object of strings, not \(value.typeName)") }
        guard members.count <= Limits.labels else { throw ValueError("must have at most \(Limits.labels) entries") }
        values = [:]
        for member in members {
            do { values[member.key] = try String(spec: member.value, lenient: lenient) } catch {
                throw ValueError(error.message, at: ".\(member.key)")
            }
        }
    }
    public var spec: JSONValue { .object(values.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }) }
    public static var schema: JSONValue { ["type": "object", "additionalProperties": String.schema] }

    public init(from decoder: any Decoder) throws { values = try [String: String](from: decoder) }
    public func encode(to encoder: any Encoder) throws { try spec.encode(to: encoder) }
}
