// A C structure built byte by byte.

/// Zeroed bytes with values stored at offsets. Padding stays zero, which the kernel and iptables' comparison of rules rely on.
struct StructBytes {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(count: Int) { bytes = [UInt8](repeating: 0, count: count) }

    init<T>(of type: T.Type) { self.init(count: MemoryLayout<T>.size) }

    mutating func set<T: BitwiseCopyable>(_ value: T, at offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
    }

    /// Stores one value after the other.
    mutating func set(each values: [some BitwiseCopyable], at offset: Int) {
        for (index, value) in values.enumerated() { set(value, at: offset + index * MemoryLayout.stride(ofValue: value)) }
    }

    /// Where a field of a C structure is. Only members of unions have no offset, and asking for one fails the first test that does.
    static func offset<Root>(of field: PartialKeyPath<Root>) -> Int { MemoryLayout<Root>.offset(of: field) ?? -1 }
}
