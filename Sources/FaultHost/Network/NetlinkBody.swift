// Bodies of netlink messages: a fixed head, then attributes that may hold others (`struct rtattr`).

/// Builds one, padding as the kernel wants it.
struct NetlinkBody {
    private(set) var bytes: [UInt8]

    init(_ head: [UInt8] = []) {
        bytes = head
        pad()
    }

    mutating func add(_ type: UInt16, _ value: some Collection<UInt8>) {
        append(UInt16(4 + value.count))
        append(type)
        bytes += value
        pad()
    }

    mutating func add(_ type: UInt16, _ text: String) {
        append(UInt16(5 + text.utf8.count))
        append(type)
        bytes += text.utf8
        bytes.append(0)
        pad()
    }

    mutating func add<T: FixedWidthInteger & BitwiseCopyable>(_ type: UInt16, number: T) {
        append(UInt16(4 + MemoryLayout<T>.size))
        append(type)
        append(number)
        pad()
    }

    mutating func add(_ type: UInt16, _ nested: NetlinkBody) { add(type, nested.bytes) }

    /// An attribute of attributes, written where it stands. NLA_F_NESTED, as newer subsystems want it.
    mutating func nest(_ type: UInt16, _ fill: (inout NetlinkBody) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(type | 0x8000)
        fill(&self)
        store(UInt16(bytes.count - start), at: start)
    }

    /// A number as it is, without the head of an attribute.
    mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ number: T) { withUnsafeBytes(of: number) { bytes += $0 } }

    mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ number: T, at offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: number, toByteOffset: offset, as: T.self) }
    }

    private mutating func pad() {
        while bytes.count & 3 != 0 { bytes.append(0) }
    }
}

extension UnsafeRawBufferPointer {
    /// The value of the first attribute of this type, without the flags that the kernel may set in a type.
    func attribute(_ type: UInt16) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        Netlink.eachAttribute(self) {
            if $0 & 0x3FFF == type { found = $1 }
            return found == nil
        }
        return found
    }

    /// A text that ends with a zero.
    var zeroTerminated: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
