// Wall-clock time in milliseconds, written as RFC 3339 in UTC.

/// A point of wall-clock time: milliseconds since 1970-01-01T00:00:00Z. For people; deadlines run on `Moment.boot`.
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }
    public static func + (time: Timestamp, span: Duration) -> Timestamp { .init(milliseconds: time.milliseconds + span.milliseconds) }
    public static func - (a: Timestamp, b: Timestamp) -> Duration { .milliseconds(a.milliseconds - b.milliseconds) }

    /// Such as `2026-11-22T20:44:27.123Z`.
    public var text: String {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000, floored: true)
        let date = Self.civil(days: days)
        let second = rest / 1000
        return "\(Self.pad(date.year, 4))-\(Self.pad(date.month, 2))-\(Self.pad(date.day, 2))T"
            + "\(Self.pad(second / 3600, 2)):\(Self.pad(second / 60 % 60, 2)):\(Self.pad(second % 60, 2)).\(Self.pad(rest % 1000, 3))Z"
    }

    /// Reads what `text` writes; a missing fraction is zero. Other offsets than `Z` are not read.
    public init?(text: String) {
        guard let match = text.wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z/) else { return nil }
        let o = match.output
        guard let year = Int64(o.1), let month = Int64(o.2), let day = Int64(o.3), let hour = Int64(o.4), let minute = Int64(o.5),
            let second = Int64(o.6), let fraction = Int64(((o.7 ?? "0") + "000").prefix(3))
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction
    }

    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let time = Timestamp(text: text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 time: \(text)"))
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days since 1970-01-01 to a date and back, by counting in eras of 400 years that begin in March (the leap day comes last).
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, inEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097, floored: true)
        let yearOfEra = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
        let dayOfYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.quotientAndRemainder(dividingBy: 400, floored: true)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity, so that times before 1970 come out right.
    fileprivate func quotientAndRemainder(dividingBy divisor: Int64, floored: Bool) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
