// Rates and amounts of traffic as a spec writes them, in the words of tc(8).

/// Bits in a second: `500kbit`, `1.5mbit`, `1gbit`. A bare number is refused: its unit would be a guess.
public struct BitRate: SpecValue, Codable, Hashable {
    public var bitsPerSecond: UInt64

    /// Below the least, one packet takes longer than most leases; above the most, no interface is.
    public static let least: UInt64 = 8_000
    public static let most: UInt64 = 400_000_000_000
    private static let units: [(name: String, bits: UInt64)] = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1000), ("bit", 1)]

    public init(bitsPerSecond: UInt64) { self.bitsPerSecond = bitsPerSecond }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, let part = text.lowercased().wholeMatch(of: /(\d+(?:\.\d+)?)(bit|kbit|mbit|gbit)/),
            let number = Double(part.1), let unit = Self.units.first(where: { $0.name == part.2 })
        else { throw ValueError("must be a rate with its unit, such as \"500kbit\", \"1mbit\" or \"1gbit\", not \(value.text())") }
        let bits = (number * Double(unit.bits)).rounded()
        guard bits >= Double(Self.least), bits <= Double(Self.most) else {
            throw ValueError("must be from \(Self(bitsPerSecond: Self.least).text) to \(Self(bitsPerSecond: Self.most).text), not \(value.text())")
        }
        bitsPerSecond = UInt64(bits)
    }

    public var bytesPerSecond: UInt64 { bitsPerSecond / 8 }
    /// In the largest unit that needs no fraction.
    public var text: String {
        let unit = Self.units.first { bitsPerSecond >= $0.bits && bitsPerSecond % $0.bits == 0 }
        return unit.map { "\(bitsPerSecond / $0.bits)\($0.name)" } ?? "\(bitsPerSecond)bit"
    }
    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["500kbit", "1mbit", "1gbit"]] }

    public init(from decoder: any Decoder) throws { bitsPerSecond = try UInt64(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try bitsPerSecond.encode(to: encoder) }
}

/// Bytes of traffic: `1500b`, `16kb`, `1mb`, of 1,024 as tc counts them.
public struct TrafficBytes: SpecValue, Codable, Hashable {
    public var count: UInt32

    /// The kernel's own bound of a bucket is above this; more would be no limit at all.
    public static let most: UInt32 = 256 << 20
    private static let units: [(name: String, bytes: UInt32)] = [("mb", 1 << 20), ("kb", 1 << 10), ("b", 1)]

    public init(_ count: UInt32) { self.count = count }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, let part = text.lowercased().wholeMatch(of: /(\d{1,9})(b|kb|mb)/), let number = UInt64(part.1),
            let unit = Self.units.first(where: { $0.name == part.2 })
        else { throw ValueError("must be an amount with its unit, such as \"1600b\", \"32kb\" or \"1mb\", not \(value.text())") }
        let bytes = number * UInt64(unit.bytes)
        guard bytes <= UInt64(Self.most) else { throw ValueError("must be at most \(Self(Self.most).text), not \(value.text())") }
        count = UInt32(bytes)
    }

    public var text: String {
        let unit = Self.units.first { count >= $0.bytes && count % $0.bytes == 0 }
        return unit.map { "\(count / $0.bytes)\($0.name)" } ?? "0b"
    }
    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["1600b", "32kb", "1mb"]] }

    public init(from decoder: any Decoder) throws { count = try UInt32(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try count.encode(to: encoder) }
}
