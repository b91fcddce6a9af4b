// A fault's mark as the bytes of a comment: walks over many rules compare these and make no text.
import FaultModel

/// The 26 characters of the identifier.
struct MarkKey: Hashable, Sendable {
    private let first: (UInt64, UInt64, UInt64)
    private let last: UInt16

    private static let prefix = Array(FaultID.markPrefix.utf8)
    private static let length = 26
    /// Which bytes an identifier has: Crockford's base 32, in capitals.
    private static let isDigit: [Bool] = {
        var table = [Bool](repeating: false, count: 256)
        for byte in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8 { table[Int(byte)] = true }
        return table
    }()

    init(_ fault: FaultID) {
        // A fault's identifier has no other length.
        let digits = Array(fault.text.utf8.prefix(Self.length)) + [UInt8](repeating: 0, count: max(0, Self.length - fault.text.utf8.count))
        (first, last) = digits.withUnsafeBytes(Self.words)
    }

    /// Of a comment's text, which must be the mark letter by letter and no more; nil is no mark.
    /// - Parameter comment: xt_comment_info, which is longer than a mark.
    init?(comment: UnsafeRawPointer) {
        let bytes = UnsafeRawBufferPointer(start: comment, count: Self.prefix.count + Self.length + 1)
        guard bytes.starts(with: Self.prefix), bytes.last == 0 else { return nil }
        let isMark = Self.isDigit.withUnsafeBufferPointer { table in
            for index in Self.prefix.count..<Self.prefix.count + Self.length where !table[Int(bytes[index])] { return false }
            return true
        }
        guard isMark else { return nil }
        (first, last) = Self.words(UnsafeRawBufferPointer(rebasing: bytes[Self.prefix.count...]))
    }

    private static func words(_ digits: UnsafeRawBufferPointer) -> ((UInt64, UInt64, UInt64), UInt16) {
        func word(_ offset: Int) -> UInt64 { digits.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        return ((word(0), word(8), word(16)), digits.loadUnaligned(fromByteOffset: 24, as: UInt16.self))
    }

    var fault: FaultID? {
        withUnsafeBytes(of: first) { first in
            withUnsafeBytes(of: last) { FaultID(String(decoding: Array(first) + Array($0), as: UTF8.self)) }
        }
    }

    static func == (a: Self, b: Self) -> Bool { a.first == b.first && a.last == b.last }

    func hash(into hasher: inout Hasher) {
        // A ULID ends in random bits, which tell faults apart.
        hasher.combine(first.2)
        hasher.combine(first.1)
    }
}
