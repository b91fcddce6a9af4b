// A JSON Schema in words, for people: the command line's `kinds` and the reference show the same.

/// One field that a person may write, with the dots of a form where it is inside another.
public struct SchemaField: Sendable, Hashable {
    public var name: String
    /// Such as `list of 1 to 65535`.
    public var type: String
    /// What it is when it is left out; nil when that is nothing worth telling.
    public var fallback: String?
    public var isRequired: Bool
    public var doc: String

    /// The fields of an object's schema, in its order.
    public static func all(of schema: JSONValue, in parent: String = "") -> [SchemaField] {
        let required = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        return (schema["properties"]?.members ?? []).flatMap { member -> [SchemaField] in
            let name = parent + member.key
            if member.value["properties"] != nil { return all(of: member.value, in: name + ".") }
            return [
                SchemaField(
                    name: name, type: SchemaText.type(member.value, field: name), fallback: member.value["default"].flatMap(SchemaText.fallback),
                    isRequired: required.contains(member.key), doc: member.value["description"]?.stringValue ?? "")
            ]
        }
    }
}

public enum SchemaText {
    /// - Parameter field: the name of an object's field, whose members are written with a dot.
    public static func type(_ schema: JSONValue, field: String = "") -> String {
        if let words = schema["enum"]?.arrayValue { return words.map(\.bareText).joined(separator: "|") }
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
        return "\(low.bareText) to \(high.bareText)"
    }

    private static func text(_ schema: JSONValue) -> String {
        if let examples = schema["examples"]?.arrayValue { return "text such as " + examples.prefix(3).map(\.bareText).joined(separator: ", ") }
        if schema["format"]?.stringValue == "regex" { return "regular expression" }
        return schema["pattern"]?.stringValue.map { "text like \($0)" } ?? "text"
    }

    /// A default worth telling; nil for an empty one.
    static func fallback(_ value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .object(let members): members.isEmpty ? nil : value.text()
        case .array(let values): values.isEmpty ? nil : values.map(\.bareText).joined(separator: ",")
        case .bool, .int, .double, .string: value.bareText
        }
    }
}

extension JSONValue {
    /// A string without its quotes; anything else as JSON.
    public var bareText: String { stringValue ?? text() }
}
