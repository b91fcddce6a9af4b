// A Decoder that reads a JSONValue as it is; Foundation's would have it written out and parsed once more.

struct OrderedDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// A scalar is taken as it is; anything else decodes itself.
    static func read<T: Decodable>(_ value: JSONValue, as type: T.Type, path: @autoclosure () -> [any CodingKey]) throws -> T {
        if let json = value as? T { return json }
        guard let scalar = type as? any JSONScalar.Type else { return try T(from: OrderedDecoder(value: value, codingPath: path())) }
        guard let read = scalar.init(json: value) as? T else { throw mismatch(type, value, path()) }
        return read
    }

    static func mismatch(_ type: Any.Type, _ value: JSONValue, _ path: [any CodingKey]) -> DecodingError {
        .typeMismatch(type, .init(codingPath: path, debugDescription: "\(type) can't be \(value.typeName)"))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = value.members else { throw Self.mismatch([String: Any].self, value, codingPath) }
        return KeyedDecodingContainer(OrderedMembers(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let items = value.arrayValue else { throw Self.mismatch([Any].self, value, codingPath) }
        return OrderedItems(items: items, codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { OrderedValue(value: value, codingPath: codingPath) }
}

private struct OrderedMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [JSONValue.Member]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { members.contains { $0.key == key.stringValue } }
    func decodeNil(forKey key: Key) throws -> Bool { try member(key) == .null }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try OrderedDecoder.read(try member(key), as: type, path: codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try nested(key).unkeyedContainer() }
    func superDecoder() throws -> any Decoder { OrderedDecoder(value: members.last { $0.key == "super" }?.value ?? .null, codingPath: codingPath) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) }

    private func nested(_ key: Key) throws -> OrderedDecoder { OrderedDecoder(value: try member(key), codingPath: codingPath + [key]) }

    private func member(_ key: Key) throws -> JSONValue {
        if let found = members.last(where: { $0.key == key.stringValue }) { return found.value }
        throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "there is no \(key.stringValue)"))
    }
}

private struct OrderedItems: UnkeyedDecodingContainer {
    let items: [JSONValue]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex == items.count }

    init(items: [JSONValue], codingPath: [any CodingKey]) {
        self.items = items
        self.codingPath = codingPath
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, items[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try OrderedDecoder.read(try next(), as: type, path: codingPath) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try nested().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try nested().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try nested() }

    private mutating func nested() throws -> OrderedDecoder { OrderedDecoder(value: try next(), codingPath: codingPath) }

    private mutating func next() throws -> JSONValue {
        guard !isAtEnd else {
            let why = "the list has only \(items.count) items"
            throw DecodingError.valueNotFound(JSONValue.self, .init(codingPath: codingPath, debugDescription: why))
        }
        currentIndex += 1
        return items[currentIndex - 1]
    }
}

private struct OrderedValue: SingleValueDecodingContainer {
    let value: JSONValue
    let codingPath: [any CodingKey]

    func decodeNil() -> Bool { value == .null }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try OrderedDecoder.read(value, as: type, path: codingPath) }
}
