// Durations as people write them: `250ms`, `90s`, `5m`, `1h30m`, `PT5M`.

extension Duration {
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// Reads `1h30m`, `90s`, `1.5s`, `250ms` or ISO 8601 `PT1H30M`. A bare number is not a duration: its unit would be a guess.
    public init?(text: String) {
        var reader = SpanReader(text)
        guard let total = reader.take("PT") ? reader.iso() : reader.usual() else { return nil }
        self = total
    }

    /// The shortest of these forms: `1h30m`, `4m12.3s`, `250ms`, `1.8ms`. Milliseconds above a second, microseconds below.
    public var text: String {
        let total = nanoseconds
        if total < 0 { return "-" + (Duration.zero - self).text }
        if total < 1_000_000_000 { return Self.decimal(total / 1000) + "ms" }
        let milliseconds = total / 1_000_000
        let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
        let rest = milliseconds % 60_000
        let head = (hours > 0 ? "\(hours)h" : "") + (minutes > 0 ? "\(minutes)m" : "")
        return head + (rest > 0 || head.isEmpty ? Self.decimal(rest) + "s" : "")
    }

    /// A thousandth of it, with no more digits than it has.
    private static func decimal(_ thousandths: Int64) -> String {
        var (part, width) = (thousandths % 1000, 3)
        if part == 0 { return String(thousandths / 1000) }
        while part % 10 == 0 { (part, width) = (part / 10, width - 1) }
        let digits = String(part)
        return "\(thousandths / 1000)." + String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}

/// A duration that is a string in JSON, as every duration of the API is.
public struct TextDuration: Sendable, Hashable, Codable {
    public var duration: Duration

    public init(_ duration: Duration) { self.duration = duration }

    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        let (negative, digits) = text.hasPrefix("-") ? (true, String(text.dropFirst())) : (false, text)
        guard let value = Duration(text: digits) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a duration: \(text)"))
        }
        duration = negative ? .zero - value : value
    }

    public func encode(to encoder: any Encoder) throws { try duration.text.encode(to: encoder) }
}

/// Numbers with units, read byte by byte: durations stand in every request, and a pattern would be compiled anew for each of them.
private struct SpanReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    /// More than this is no duration that anything here waits for.
    private static let longest: Double = 366 * 86_400
    /// Seconds. Of two that begin alike the longer one first.
    private static let units: KeyValuePairs = ["ms": 1e-3, "us": 1e-6, "ns": 1e-9, "d": 86_400, "h": 3600, "m": 60, "s": 1]
    private static let isoUnits: KeyValuePairs = ["H": 3600.0, "M": 60, "S": 1]

    mutating func take(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    /// What follows one another, in any order.
    mutating func usual() -> Duration? {
        var total = Duration.zero
        repeat {
            guard let (value, _) = number(), let unit = Self.units.first(where: { take($0.key) }),
                let step = Self.duration(value * unit.value)
            else { return nil }
            total += step
        } while !rest.isEmpty
        return total
    }

    /// Hours, minutes, seconds, each at most once; only seconds may have a fraction.
    mutating func iso() -> Duration? {
        var (seconds, left) = (0.0, Self.isoUnits[...])
        repeat {
            guard let (value, isWhole) = number(), let index = left.firstIndex(where: { take($0.key) }), isWhole || left[index].key == "S" else {
                return nil
            }
            seconds += value * left[index].value
            left = left[(index + 1)...]
        } while !rest.isEmpty
        return Self.duration(seconds)
    }

    private mutating func number() -> (value: Double, isWhole: Bool)? {
        let whole = rest.prefix(while: Self.isDigit)
        let after = rest[whole.endIndex...]
        let fraction = after.first == UInt8(ascii: ".") ? after.dropFirst().prefix(while: Self.isDigit) : after.prefix(0)
        let digits = rest[..<(fraction.isEmpty ? whole.endIndex : fraction.endIndex)]
        guard !whole.isEmpty, let value = Double(Substring(digits)) else { return nil }
        rest = rest[digits.endIndex...]
        return (value, fraction.isEmpty)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func duration(_ seconds: Double) -> Duration? {
        seconds <= longest ? .nanoseconds(Int64((seconds * 1e9).rounded())) : nil
    }
}
