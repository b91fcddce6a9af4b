// Identifiers that sort by creation.

/// A ULID: 48 bits of milliseconds and 80 random bits, written as 26 characters of Crockford's base 32.
public struct FaultID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    // Every table of the engine is looked up by it: two words are compared at once, and take no memory of their own. They are not one word of
    // 128 bits, because that would have to lie at a multiple of 16 bytes wherever an identifier is kept.
    private let high: UInt64
    private let low: UInt64

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let length = 26

    public init(time: Timestamp, random: (UInt64, UInt16)) {
        high = UInt64(time.milliseconds) << 16 | random.0 >> 48
        low = random.0 << 16 | UInt64(random.1)
    }

    /// Reads an identifier, in either case; nil when it is none.
    public init?(_ text: String) {
        var (number, count): (UInt128, Int) = (0, 0)
        for byte in text.utf8 {
            guard count < Self.length, let digit = Self.digit(byte) else { return nil }
            number = number << 5 | UInt128(digit)
            count += 1
            // 26 characters have two bits more than a number.
            if count == 1, digit > 7 { return nil }
        }
        guard count == Self.length else { return nil }
        (high, low) = (UInt64(truncatingIfNeeded: number >> 64), UInt64(truncatingIfNeeded: number))
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        return alphabet.firstIndex(of: isLower ? byte - 32 : byte)
    }

    private var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

    public var text: String {
        String(unsafeUninitializedCapacity: Self.length) { bytes in
            var rest = number
            for place in (0..<Self.length).reversed() {
                bytes[place] = Self.alphabet[Int(truncatingIfNeeded: rest & 31)]
                rest >>= 5
            }
            return Self.length
        }
    }

    public var description: String { text }
    public static func < (a: FaultID, b: FaultID) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// What everything of this fault carries on the node.
    public var mark: String { Self.markPrefix + text }
    public static let markPrefix = "faultd:"

    public init?(mark: String) {
        guard mark.hasPrefix(Self.markPrefix) else { return nil }
        self.init(String(mark.dropFirst(Self.markPrefix.count)))
    }

    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let id = FaultID(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a fault id: \(text)"))
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }
}
