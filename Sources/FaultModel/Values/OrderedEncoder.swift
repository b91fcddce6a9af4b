// An Encoder that builds a JSONValue and keeps the order in which members are encoded; Foundation's loses it.

/// Collects one value; containers write through it when they change.
final class OrderedEncoder: Encoder {
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var content = Content.none

    private enum Content {
        case none
        case value(JSONValue)
        case members(Members)
        case items(Items)
    }

    /// A value that is known, or what is still being written into a container inside.
    enum Part {
        case value(JSONValue)
        case later(OrderedEncoder)

        var result: JSONValue {
            switch self {
            case .value(let value): value
            case .later(let encoder): encoder.result()
            }
        }
    }

    final class Members { var list: [(key: String, part: Part)] = [] }
    final class Items { var list: [Part] = [] }

    init(path: [any CodingKey]) { codingPath = path }

    func result() -> JSONValue {
        switch content {
        case .none: .object([])
        case .value(let value): value
        case .members(let members): .object(members.list.map { .init($0.key, $0.part.result) })
        case .items(let items): .array(items.list.map(\.result))
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let members = Members()
        content = .members(members)
        return KeyedEncodingContainer(OrderedKeyed(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let items = Items()
        content = .items(items)
        return OrderedUnkeyed(items: items, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { OrderedSingle(codingPath: codingPath) { self.content = .value($0) } }

    /// A scalar is stored as it is; anything else encodes itself into a fresh encoder.
    static func value<T: Encodable>(of value: T, path: @autoclosure () -> [any CodingKey]) throws -> JSONValue {
        if let json = value as? JSONValue { return json }
        if let scalar = value as? any JSONScalar { return try Self.scalar(scalar, path()) }
        let inner = OrderedEncoder(path: path())
        try value.encode(to: inner)
        return inner.result()
    }

    private static func scalar(_ value: any JSONScalar, _ path: [any CodingKey]) throws -> JSONValue {
        if let json = value.json { return json }
        throw EncodingError.invalidValue(value, .init(codingPath: path, debugDescription: "too large for a JSON integer here"))
    }
}

private struct OrderedKeyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let members: OrderedEncoder.Members
    let codingPath: [any CodingKey]

    mutating func encodeNil(forKey key: Key) throws { members.list.append((key.stringValue, .value(.null))) }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        members.list.append((key.stringValue, .value(try OrderedEncoder.value(of: value, path: codingPath + [key]))))
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        nested(key).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { child("super", path: codingPath) }
    mutating func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    private func nested(_ key: Key) -> OrderedEncoder { child(key.stringValue, path: codingPath + [key]) }

    private func child(_ name: String, path: [any CodingKey]) -> OrderedEncoder {
        let inner = OrderedEncoder(path: path)
        members.list.append((name, .later(inner)))
        return inner
    }
}

private struct OrderedUnkeyed: UnkeyedEncodingContainer {
    let items: OrderedEncoder.Items
    let codingPath: [any CodingKey]
    var count: Int { items.list.count }

    mutating func encodeNil() throws { items.list.append(.value(.null)) }

    mutating func encode<T: Encodable>(_ value: T) throws { items.list.append(.value(try OrderedEncoder.value(of: value, path: codingPath))) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        child().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { child() }

    private func child() -> OrderedEncoder {
        let inner = OrderedEncoder(path: codingPath)
        items.list.append(.later(inner))
        return inner
    }
}

private struct OrderedSingle: SingleValueEncodingContainer {
    let codingPath: [any CodingKey]
    let store: (JSONValue) -> Void

    mutating func encodeNil() throws { store(.null) }
    mutating func encode<T: Encodable>(_ value: T) throws { store(try OrderedEncoder.value(of: value, path: codingPath)) }
}
