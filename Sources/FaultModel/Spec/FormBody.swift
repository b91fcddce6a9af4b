// application/x-www-form-urlencoded bodies as the JSON object they stand for.

/// Form fields: repeated keys make lists, dots make nesting.
public enum FormBody {
    /// Members in the order they came; `a.b=1` is `{"a":{"b":"1"}}`, `a=1&a=2` is `{"a":["1","2"]}`.
    public static func object(_ fields: [(String, String)]) -> JSONValue {
        var root = JSONValue.object([])
        for (key, value) in fields {
            root = insert(.string(value), at: key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...], into: root)
        }
        return root
    }

    private static func insert(_ value: JSONValue, at path: ArraySlice<String>, into node: JSONValue?) -> JSONValue {
        guard let key = path.first else { return append(value, to: node) }
        var members = node?.members ?? []
        // A label such as `app.kubernetes.io/name` keeps its dots: only the first part of labels nests.
        let rest = key == "labels" || key == "label" ? joined(path.dropFirst()) : path.dropFirst()
        let index = members.firstIndex { $0.key == key }
        let inner = insert(value, at: rest, into: index.map { members[$0].value })
        if let index { members[index].value = inner } else { members.append(.init(key, inner)) }
        return .object(members)
    }

    private static func joined(_ path: ArraySlice<String>) -> ArraySlice<String> { path.isEmpty ? [] : [path.joined(separator: ".")] }

    private static func append(_ value: JSONValue, to node: JSONValue?) -> JSONValue {
        switch node {
        case nil: value
        case .array(let values): .array(values + [value])
        case .some(let single): .array([single, value])
        }
    }

    /// Decodes `a=1&b=x%20y`; nil when a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8.
    public static func parse(_ text: some StringProtocol) -> [(String, String)]? {
        var fields: [(String, String)] = []
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = decode(parts[0]), let value = decode(parts.count > 1 ? parts[1] : "") else { return nil }
            fields.append((key, value))
        }
        return fields
    }

    private static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Encodes fields for a body or a query.
    public static func encode(_ fields: [(String, String)]) -> String {
        fields.map { escape($0.0) + "=" + escape($0.1) }.joined(separator: "&")
    }

    private static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let plain = scalar.properties.isAlphabetic && scalar.isASCII || ("0"..."9").contains(scalar) || "-._~".unicodeScalars.contains(scalar)
            return plain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
