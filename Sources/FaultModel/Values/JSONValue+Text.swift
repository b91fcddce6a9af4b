// JSON text to value and back, with the order of members kept both ways.
import FoundationEssentials

extension JSONValue {
    /// Parses JSON text; nil when it is not JSON.
    public init?(parsing text: some Sequence<UInt8>) {
        guard let value = try? JSONText.parse(Array(text)) else { return nil }
        self = value
    }

    /// The text of this value: on one line, or indented by two spaces a level.
    public func text(pretty: Bool = false) -> String {
        var out = ""
        write(to: &out, indent: pretty ? 0 : nil)
        return out
    }

    private func write(to out: inout String, indent: Int?) {
        switch self {
        case .null: out += "null"
        case .bool(let flag): out += flag ? "true" : "false"
        case .int(let number): out += String(number)
        case .double(let number): out += number.isFinite ? String(number) : "null"
        case .string(let text): Self.quote(text, to: &out)
        case .array(let values):
            Self.list(values, "[", "]", to: &out, indent: indent) { $0.write(to: &$1, indent: $2) }
        case .object(let members):
            Self.list(members, "{", "}", to: &out, indent: indent) { member, out, inner in
                Self.quote(member.key, to: &out)
                out += inner == nil ? ":" : ": "
                member.value.write(to: &out, indent: inner)
            }
        }
    }

    private static func list<T>(
        _ items: [T], _ open: String, _ close: String, to out: inout String, indent: Int?, each: (T, inout String, Int?) -> Void
    ) {
        out += open
        for (index, item) in items.enumerated() {
            if index > 0 { out += "," }
            newline(to: &out, indent: indent.map { $0 + 1 })
            each(item, &out, indent.map { $0 + 1 })
        }
        if !items.isEmpty { newline(to: &out, indent: indent) }
        out += close
    }

    private static func newline(to out: inout String, indent: Int?) {
        guard let indent else { return }
        out += "\n" + String(repeating: "  ", count: indent)
    }

    private static func quote(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: out += escaped(scalar)
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension JSONValue {
    /// Encodes a value member by member in the order it declares them.
    public init(encoding value: some Encodable) throws {
        let encoder = OrderedEncoder(path: [])
        try value.encode(to: encoder)
        self = encoder.result()
    }

    /// Decodes this value as `T`.
    public func decoded<T: Decodable>(as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(text().utf8))
    }
}
