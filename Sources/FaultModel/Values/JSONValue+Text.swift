// JSON text to value and back, with the order of members kept both ways.

extension JSONValue {
    /// Parses JSON text; nil when it is not JSON.
    public init?(parsing text: some Sequence<UInt8>) {
        guard let value = try? JSONText.parse(Array(text)) else { return nil }
        self = value
    }

    /// The text of this value: on one line, or indented by two spaces a level.
    public func text(pretty: Bool = false) -> String { String(decoding: bytes(pretty: pretty), as: UTF8.self) }

    /// The same as UTF-8.
    public func bytes(pretty: Bool = false) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        write(to: &out, indent: pretty ? 0 : nil)
        return out
    }

    private func write(to out: inout [UInt8], indent: Int?) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let flag): out += (flag ? "true" : "false").utf8
        case .int(let number): out += String(number).utf8
        case .double(let number): out += (number.isFinite ? String(number) : "null").utf8
        case .string(let text): Self.quote(text, to: &out)
        case .array(let values):
            Self.list(values, "[", "]", to: &out, indent: indent) { $0.write(to: &$1, indent: $2) }
        case .object(let members):
            Self.list(members, "{", "}", to: &out, indent: indent) { member, out, inner in
                Self.quote(member.key, to: &out)
                out += (inner == nil ? ":" : ": ").utf8
                member.value.write(to: &out, indent: inner)
            }
        }
    }

    private static func list<T>(
        _ items: [T], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to out: inout [UInt8], indent: Int?,
        each: (T, inout [UInt8], Int?) -> Void
    ) {
        out.append(UInt8(ascii: open))
        for (index, item) in items.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            newline(to: &out, indent: indent.map { $0 + 1 })
            each(item, &out, indent.map { $0 + 1 })
        }
        if !items.isEmpty { newline(to: &out, indent: indent) }
        out.append(UInt8(ascii: close))
    }

    private static func newline(to out: inout [UInt8], indent: Int?) {
        guard let indent else { return }
        out.append(UInt8(ascii: "\n"))
        for _ in 0..<2 * indent { out.append(UInt8(ascii: " ")) }
    }

    /// Bytes of scalars beyond ASCII are 0x80 and more, and stand for themselves.
    private static func quote(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out += "\\\"".utf8
            case UInt8(ascii: "\\"): out += "\\\\".utf8
            case UInt8(ascii: "\n"): out += "\\n".utf8
            case UInt8(ascii: "\r"): out += "\\r".utf8
            case UInt8(ascii: "\t"): out += "\\t".utf8
            case 0x00..<0x20, 0x7f: out += escaped(byte).utf8
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func escaped(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension JSONValue {
    /// Encodes a value member by member in the order it declares them.
    public init(encoding value: some Encodable) throws { self = try OrderedEncoder.value(of: value, path: []) }

    /// Decodes this value as `T`.
    public func decoded<T: Decodable>(as type: T.Type = T.self) throws -> T { try OrderedDecoder.read(self, as: T.self, path: []) }
}
