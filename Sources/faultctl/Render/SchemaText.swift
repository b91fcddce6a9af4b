// A JSON Schema's type in words.
import FaultModel

enum SchemaText {
    /// - Parameter field: the name of an object's field, whose members are written with a dot.
    static func type(_ schema: JSONValue, field: String = "") -> String {
        if let words = schema["enum"]?.arrayValue { return words.map(SpecText.scalar).joined(separator: "|") }
        if let choices = schema["oneOf"]?.arrayValue ?? schema["anyOf"]?.arrayValue { return choices.map { type($0) }.joined(separator: " or ") }
        switch schema["type"]?.stringValue {
        case "array": return "list of " + (schema["items"].map { type($0) } ?? "anything")
        case "boolean": return "true|false"
        case "integer": return range(schema) ?? "whole number"
        case "number": return range(schema) ?? "number"
        // The fault's own labels have the same name in a form.
        case "object": return "\(field.hasPrefix("label") ? "spec." : "")\(field).NAME=VALUE"
        default: return text(schema)
        }
    }

    private static func range(_ schema: JSONValue) -> String? {
        guard let low = schema["minimum"], let high = schema["maximum"] else { return nil }
        return "\(SpecText.scalar(low)) to \(SpecText.scalar(high))"
    }

    private static func text(_ schema: JSONValue) -> String {
        if let examples = schema["examples"]?.arrayValue { return "text such as " + examples.prefix(3).map(SpecText.scalar).joined(separator: ", ") }
        if schema["format"]?.stringValue == "regex" { return "regular expression" }
        return schema["pattern"]?.stringValue.map { "text like \($0)" } ?? "text"
    }

    /// A default worth telling; nil for an empty one.
    static func fallback(_ value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .object(let members): members.isEmpty ? nil : value.text()
        case .array(let values): values.isEmpty ? nil : values.map(SpecText.scalar).joined(separator: ",")
        case .bool, .int, .double, .string: SpecText.scalar(value)
        }
    }
}
