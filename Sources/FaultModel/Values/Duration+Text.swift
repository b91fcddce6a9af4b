// Durations as people write them: `250ms`, `90s`, `5m`, `1h30m`, `PT5M`.

extension Duration {
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// Reads `1h30m`, `90s`, `1.5s`, `250ms` or ISO 8601 `PT1H30M`. A bare number is not a duration: its unit would be a guess.
    public init?(text: String) {
        if let iso = text.wholeMatch(of: /PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?/), text.count > 2 {
            guard let total = Self.sum([(iso.1, 3600), (iso.2, 60), (iso.3, 1)]) else { return nil }
            self = total
            return
        }
        var rest = text[...]
        var total = Duration.zero
        while let part = rest.prefixMatch(of: /(\d+(?:\.\d+)?)(ms|us|ns|h|m|s|d)/) {
            guard let step = Self.sum([(part.1, Self.seconds(of: part.2))]) else { return nil }
            total += step
            rest = rest[part.range.upperBound...]
        }
        guard rest.isEmpty, !text.isEmpty else { return nil }
        self = total
    }

    /// More than this is no duration that anything here waits for.
    private static let longest: Double = 366 * 86_400

    private static func sum(_ parts: [(Substring?, Double)]) -> Duration? {
        var seconds = 0.0
        for case (let digits?, let unit) in parts {
            guard let value = Double(digits) else { return nil }
            seconds += value * unit
        }
        guard seconds <= longest else { return nil }
        return .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    private static func seconds(of unit: Substring) -> Double {
        switch unit {
        case "d": 86_400
        case "h": 3600
        case "m": 60
        case "ms": 1e-3
        case "us": 1e-6
        case "ns": 1e-9
        default: 1
        }
    }

    /// The shortest of these forms: `1h30m`, `4m12.3s`, `250ms`, `1.8ms`. Milliseconds above a second, microseconds below.
    public var text: String {
        let total = nanoseconds
        if total < 0 { return "-" + (Duration.zero - self).text }
        if total < 1_000_000_000 { return Self.decimal(total / 1000, per: 1000) + "ms" }
        let milliseconds = total / 1_000_000
        let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
        let rest = milliseconds % 60_000
        let head = (hours > 0 ? "\(hours)h" : "") + (minutes > 0 ? "\(minutes)m" : "")
        return head + (rest > 0 || head.isEmpty ? Self.decimal(rest, per: 1000) + "s" : "")
    }

    private static func decimal(_ value: Int64, per unit: Int64) -> String {
        let fraction = String(String(value % unit + unit).dropFirst())
        let trimmed = String(fraction.reversed().drop { $0 == "0" }.reversed())
        return String(value / unit) + (trimmed.isEmpty ? "" : "." + trimmed)
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
