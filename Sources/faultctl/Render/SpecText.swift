// A spec in the form in which it is typed: key=value.
import FaultModel

enum SpecText {
    /// The fields that say something: neither empty nor what the kind's schema has as default.
    static func fields(_ spec: JSONValue, schema: JSONValue? = nil) -> [(name: String, value: String)] {
        let known = schema?["properties"]
        return (spec.members ?? []).flatMap { member -> [(String, String)] in
            if let fallback = known?[member.key]?["default"], isSame(member.value, fallback) { return [] }
            return flat(member.key, member.value)
        }
    }

    /// JSON knows one kind of number: `1` and `1.0` are the same.
    private static func isSame(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.int(let whole), .double(let number)), (.double(let number), .int(let whole)): Double(whole) == number
        default: a == b
        }
    }

    static func oneLine(_ spec: JSONValue, schema: JSONValue? = nil) -> String {
        fields(spec, schema: schema).map { "\($0.name)=\(Words.quoted($0.value))" }.joined(separator: " ")
    }

    /// Members of an object get the dots that a form has.
    private static func flat(_ name: String, _ value: JSONValue) -> [(String, String)] {
        switch value {
        case .null: []
        case .object(let members): members.flatMap { flat("\(name).\($0.key)", $0.value) }
        case .array(let values): values.isEmpty ? [] : [(name, values.map(\.bareText).joined(separator: ","))]
        case .bool, .int, .double, .string: [(name, value.bareText)]
        }
    }
}

extension Sequence where Element == KindDocument {
    func schema(of kind: String) -> JSONValue? { first { $0.name == kind }?.schema }
}
