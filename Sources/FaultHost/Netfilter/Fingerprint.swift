// A number that stays the same from one run of the daemon to the next, unlike Swift's own hashes, and changes with what was added.
import Glibc

struct Fingerprint {
    /// FNV-1a's start and prime, a word at a time; each step maps different states to different states, so that one word's change shows.
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01b3

    mutating func add(_ number: UInt64) {
        state = (state ^ number) &* Self.prime
        state ^= state >> 32
    }

    /// The bytes and how many they are.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        while offset < bytes.count {
            add(UInt64(bytes[offset]))
            offset += 1
        }
    }

    /// A C string without its zero.
    mutating func add(text: UnsafePointer<CChar>?) {
        add(UnsafeRawBufferPointer(start: text, count: text.map { strlen($0) } ?? 0))
    }

    var text: String { String(state, radix: 16) }
}
