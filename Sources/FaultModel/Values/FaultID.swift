// Identifiers that sort by creation.

/// A ULID: 48 bits of milliseconds and 80 random bits in 26 characters of Crockford's base 32.
public struct FaultID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public let text: String

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    public init(time: Timestamp, random: (UInt64, UInt16)) {
        var value = (UInt128(UInt64(time.milliseconds) & 0xFFFF_FFFF_FFFF) << 80) | (UInt128(random.0) << 16) | UInt128(random.1)
        var characters: [Character] = []
        for _ in 0..<26 {
            characters.append(Self.alphabet[Int(value & 31)])
            value >>= 5
        }
        text = String(characters.reversed())
    }

    /// Reads an identifier, in either case; nil when it is none.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count == 26, bytes.allSatisfy({ Self.isLetter($0 & ~0x20) || (0x30...0x39).contains($0) }) else { return nil }
        self.text = text.uppercased()
    }

    /// Of the alphabet, in upper case: all but I, L, O and U.
    private static func isLetter(_ letter: UInt8) -> Bool {
        (0x41...0x5A).contains(letter) && ![0x49, 0x4C, 0x4F, 0x55].contains(letter)
    }

    public var description: String { text }
    public static func < (a: FaultID, b: FaultID) -> Bool { a.text < b.text }

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
