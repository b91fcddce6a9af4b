// Bodies of netlink messages: a fixed head, then attributes that may hold others (`struct rtattr`).

/// Builds one, padding as the kernel wants it.
struct NetlinkBody {
    private(set) var bytes: [UInt8]

    init(_ head: [UInt8] = []) { bytes = head + [UInt8](repeating: 0, count: Netlink.aligned(head.count) - head.count) }

    mutating func add(_ type: UInt16, _ value: [UInt8]) {
        var head = StructBytes(count: 4)
        head.set(UInt16(4 + value.count), at: 0)
        head.set(type, at: 2)
        bytes += head.bytes + value + [UInt8](repeating: 0, count: Netlink.aligned(value.count) - value.count)
    }

    mutating func add(_ type: UInt16, _ text: String) { add(type, Array(text.utf8) + [0]) }

    mutating func add<T: FixedWidthInteger & BitwiseCopyable>(_ type: UInt16, number: T) {
        var value = StructBytes(count: MemoryLayout<T>.size)
        value.set(number, at: 0)
        add(type, value.bytes)
    }

    mutating func add(_ type: UInt16, _ nested: NetlinkBody) { add(type, nested.bytes) }
}

extension UnsafeRawBufferPointer {
    /// The value of the first attribute of this type, without the flags that the kernel may set in a type.
    func attribute(_ type: UInt16) -> UnsafeRawBufferPointer? { Netlink.attributes(self).first { $0.type & 0x3FFF == type }?.value }

    /// A text that ends with a zero.
    var zeroTerminated: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
