// A regular expression as a selector's value.

/// A regular expression, matched anywhere in the text as grep(1) does; anchor it with ^ and $ to match the whole.
public struct Pattern: SpecValue, Codable, Hashable {
    public let text: String

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= Limits.patternBytes else {
            throw ValueError("must be a regular expression of 1 to \(Limits.patternBytes) bytes")
        }
        do { _ = try Regex<AnyRegexOutput>(text) } catch {
            throw ValueError("is not a regular expression: \(error)")
        }
        self.text = text
    }

    /// The compiled expression is not Sendable, so it is made where it is used; compile once, match many.
    public func matcher() -> (String) -> Bool {
        guard let regex = try? Regex<AnyRegexOutput>(text) else { return { _ in false } }
        return { (try? regex.firstMatch(in: $0)) != nil }
    }

    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "format": "regex"] }

    public init(from decoder: any Decoder) throws {
        do { self = try Pattern(spec: JSONValue(from: decoder), lenient: false) } catch let error as ValueError {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.message))
        }
    }
    public func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }
}
