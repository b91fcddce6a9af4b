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
        var writer = JSONWriter(pretty: pretty)
        writer.write(self)
        return writer.finished() ?? []
    }
}

extension JSONWriter {
    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: writeNull()
        case .bool(let flag): write(flag)
        case .int(let number): write(number)
        case .double(let number): write(number)
        case .string(let text): write(text)
        case .array(let values):
            let list = openList()
            for value in values {
                next(in: list)
                write(value)
            }
            close(list)
        case .object(let members):
            let object = openObject()
            for member in members {
                next(member.key, in: object)
                write(member.value)
            }
            close(object)
        }
    }
}

extension Encodable {
    /// This value as JSON text, member by member in the order it declares them.
    public func jsonBytes(pretty: Bool = false) throws -> [UInt8] {
        let text = JSONEncoding(pretty: pretty)
        try text.write(self)
        if let bytes = text.finished() { return bytes }
        throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "it writes to what it has written already"))
    }

    public func jsonText(pretty: Bool = false) throws -> String { String(decoding: try jsonBytes(pretty: pretty), as: UTF8.self) }
}

extension JSONValue {
    /// The same as a value.
    public init(encoding value: some Encodable) throws { self = try JSONText.parse(try value.jsonBytes()) }

    /// Decodes this value as `T`.
    public func decoded<T: Decodable>(as type: T.Type = T.self) throws -> T { try OrderedDecoder.read(self, as: T.self, path: []) }
}
