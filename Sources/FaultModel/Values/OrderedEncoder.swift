// An Encoder that builds a JSONValue and keeps the order in which members are encoded; Foundation's loses it.

/// Collects one value; containers write through it when they change.
final class OrderedEncoder: Encoder {
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var build: () -> JSONValue = { .object([]) }

    init(path: [any CodingKey]) { codingPath = path }

    func result() -> JSONValue { build() }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let members = Members()
        build = { .object(members.list.map { .init($0.0, $0.1()) }) }
        return KeyedEncodingContainer(OrderedKeyed(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let items = Items()
        build = { .array(items.list.map { $0() }) }
        return OrderedUnkeyed(items: items, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        OrderedSingle(codingPath: codingPath) { [self] value in build = { value } }
    }

    final class Members { var list: [(String, () -> JSONValue)] = [] }
    final class Items { var list: [() -> JSONValue] = [] }

    /// A scalar is stored as it is; anything else encodes itself into a fresh encoder.
    static func value<T: Encodable>(of value: T, path: [any CodingKey]) throws -> JSONValue {
        let inner = OrderedEncoder(path: path)
        try value.encode(to: inner)
        return inner.result()
    }
}

private struct OrderedKeyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let members: OrderedEncoder.Members
    let codingPath: [any CodingKey]

    mutating func encodeNil(forKey key: Key) throws { members.list.append((key.stringValue, { .null })) }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        let json = try OrderedEncoder.value(of: value, path: codingPath + [key])
        members.list.append((key.stringValue, { json }))
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
        members.list.append((name, inner.result))
        return inner
    }
}

private struct OrderedUnkeyed: UnkeyedEncodingContainer {
    let items: OrderedEncoder.Items
    let codingPath: [any CodingKey]
    var count: Int { items.list.count }

    mutating func encodeNil() throws { items.list.append({ .null }) }

    mutating func encode<T: Encodable>(_ value: T) throws {
        let json = try OrderedEncoder.value(of: value, path: codingPath)
        items.list.append({ json })
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        child().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { child() }

    private func child() -> OrderedEncoder {
        let inner = OrderedEncoder(path: codingPath)
        items.list.append(inner.result)
        return inner
    }
}

private struct OrderedSingle: SingleValueEncodingContainer {
    let codingPath: [any CodingKey]
    let store: (JSONValue) -> Void

    mutating func encodeNil() throws { store(.null) }
    mutating func encode(_ value: Bool) throws { store(.bool(value)) }
    mutating func encode(_ value: String) throws { store(.string(value)) }
    mutating func encode(_ value: Double) throws { store(.double(value)) }
    mutating func encode(_ value: Float) throws { store(.double(Double(value))) }
    mutating func encode(_ value: Int) throws { store(.int(Int64(value))) }
    mutating func encode(_ value: Int8) throws { store(.int(Int64(value))) }
    mutating func encode(_ value: Int16) throws { store(.int(Int64(value))) }
    mutating func encode(_ value: Int32) throws { store(.int(Int64(value))) }
    mutating func encode(_ value: Int64) throws { store(.int(value)) }
    mutating func encode(_ value: UInt) throws { try store(whole(value)) }
    mutating func encode(_ value: UInt8) throws { store(.int(Int64(value))) }
    mutating func encode(_ value: UInt16) throws { store(.int(Int64(value))) }
    mutating func encode(_ value: UInt32) throws { store(.int(Int64(value))) }
    mutating func encode(_ value: UInt64) throws { try store(whole(value)) }
    mutating func encode<T: Encodable>(_ value: T) throws { store(try OrderedEncoder.value(of: value, path: codingPath)) }

    private func whole(_ value: some BinaryInteger & Sendable) throws -> JSONValue {
        guard let number = Int64(exactly: value) else {
            throw EncodingError.invalidValue(value, .init(codingPath: codingPath, debugDescription: "too large for a JSON integer here"))
        }
        return .int(number)
    }
}
