// An Encoder that keeps the order in which members are encoded; Foundation's loses it.

/// Holds what is written for all containers of an encoder, without the checks that a variable of a class has at each use.
final class JSONEncoding {
    fileprivate let writer: UnsafeMutablePointer<JSONWriter>

    init(pretty: Bool) {
        writer = .allocate(capacity: 1)
        writer.initialize(to: JSONWriter(pretty: pretty))
    }

    deinit {
        writer.deinitialize(count: 1)
        writer.deallocate()
    }

    func finished() -> [UInt8]? { writer.pointee.finished() }

    func write<T: Encodable>(_ value: T) throws {
        if T.self == JSONValue.self, let json = value as? JSONValue { return writer.pointee.write(json) }
        let depth = writer.pointee.depth
        try value.encode(to: WritingEncoder(text: self))
        writer.pointee.complete(depth)
    }

    fileprivate func exact(_ number: some FixedWidthInteger & Encodable) throws {
        guard let exact = Int64(exactly: number) else {
            throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "too large for a JSON integer here"))
        }
        writer.pointee.write(exact)
    }
}

private struct WritingEncoder: Encoder {
    let text: JSONEncoding
    // Only errors would tell it, and nothing that is encoded here fails.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedWriting(text: text, place: text.writer.pointee.openObject()))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { ListWriting(text: text, place: text.writer.pointee.openList()) }
    func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriting(text: text) }
}

/// Scalars have verbs of their own: the general one would have to find out at run time that they are.
private struct KeyedWriting<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let text: JSONEncoding
    let place: JSONWriter.Place
    var codingPath: [any CodingKey] { [] }

    private func at(_ key: Key) -> JSONEncoding {
        text.writer.pointee.next(key.stringValue, in: place)
        return text
    }

    mutating func encodeNil(forKey key: Key) throws { at(key).writer.pointee.writeNull() }
    mutating func encode(_ value: Bool, forKey key: Key) throws { at(key).writer.pointee.write(value) }
    mutating func encode(_ value: String, forKey key: Key) throws { at(key).writer.pointee.write(value) }
    mutating func encode(_ value: Double, forKey key: Key) throws { at(key).writer.pointee.write(value) }
    mutating func encode(_ value: Int, forKey key: Key) throws { at(key).writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: Int32, forKey key: Key) throws { at(key).writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: Int64, forKey key: Key) throws { at(key).writer.pointee.write(value) }
    mutating func encode(_ value: UInt8, forKey key: Key) throws { at(key).writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: UInt16, forKey key: Key) throws { at(key).writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: UInt32, forKey key: Key) throws { at(key).writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: UInt64, forKey key: Key) throws { try at(key).exact(value) }
    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try at(key).write(value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        WritingEncoder(text: at(key)).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { WritingEncoder(text: at(key)).unkeyedContainer() }
    mutating func superEncoder(forKey key: Key) -> any Encoder { WritingEncoder(text: at(key)) }
    mutating func superEncoder() -> any Encoder {
        text.writer.pointee.next("super", in: place)
        return WritingEncoder(text: text)
    }
}

private struct ListWriting: UnkeyedEncodingContainer {
    let text: JSONEncoding
    let place: JSONWriter.Place
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(text: JSONEncoding, place: JSONWriter.Place) { (self.text, self.place) = (text, place) }

    private mutating func item() -> JSONEncoding {
        text.writer.pointee.next(in: place)
        count += 1
        return text
    }

    mutating func encodeNil() throws { item().writer.pointee.writeNull() }
    mutating func encode<T: Encodable>(_ value: T) throws { try item().write(value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        WritingEncoder(text: item()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { WritingEncoder(text: item()).unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { WritingEncoder(text: item()) }
}

/// What every scalar of the standard library encodes itself by.
private struct SingleWriting: SingleValueEncodingContainer {
    let text: JSONEncoding
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() throws { text.writer.pointee.writeNull() }
    mutating func encode(_ value: Bool) throws { text.writer.pointee.write(value) }
    mutating func encode(_ value: String) throws { text.writer.pointee.write(value) }
    mutating func encode(_ value: Double) throws { text.writer.pointee.write(value) }
    mutating func encode(_ value: Float) throws { text.writer.pointee.write(Double(value)) }
    mutating func encode(_ value: Int) throws { text.writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: Int8) throws { text.writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: Int16) throws { text.writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: Int32) throws { text.writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: Int64) throws { text.writer.pointee.write(value) }
    mutating func encode(_ value: UInt) throws { try text.exact(value) }
    mutating func encode(_ value: UInt8) throws { text.writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: UInt16) throws { text.writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: UInt32) throws { text.writer.pointee.write(Int64(value)) }
    mutating func encode(_ value: UInt64) throws { try text.exact(value) }
    mutating func encode<T: Encodable>(_ value: T) throws { try text.write(value) }
}
