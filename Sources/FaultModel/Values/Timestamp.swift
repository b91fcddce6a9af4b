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
        var out: [UInt8] = []
        out.reserveCapacity(24)
        for (number, width, end) in [
            (date.year, 4, "-"), (date.month, 2, "-"), (date.day, 2, "T"), (second / 3600, 2, ":"), (second / 60 % 60, 2, ":"), (second % 60, 2, "."),
            (rest % 1000, 3, "Z"),
        ] as [(Int64, Int, Unicode.Scalar)] {
            Self.add(number, width, to: &out)
            out.append(UInt8(ascii: end))
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func add(_ number: Int64, _ width: Int, to out: inout [UInt8]) {
        let digits = String(number).utf8
        for _ in 0..<max(0, width - digits.count) { out.append(UInt8(ascii: "0")) }
        out += digits
    }

    /// Reads what `text` writes; a missing fraction is zero. Other offsets than `Z` are not read.
    public init?(text: String) {
        // Not by a pattern, which would be compiled anew for each of the times in a record.
        let bytes = Array(text.utf8)
        guard (20...30).contains(bytes.count), bytes.last == UInt8(ascii: "Z"), zip([4, 7, 10, 13, 16], "--T::".utf8).allSatisfy({ bytes[$0] == $1 })
        else { return nil }
        let fraction = bytes[19..<(bytes.count - 1)]
        guard fraction.isEmpty || (fraction.first == UInt8(ascii: ".") && fraction.count > 1), Self.number(fraction.dropFirst()) != nil,
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]), let day = Self.number(bytes[8..<10]),
            let hour = Self.number(bytes[11..<13]), let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]),
            let thousandth = Self.number((fraction.dropFirst() + Array("000".utf8)).prefix(3))
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + thousandth
    }

    /// Nil where something else than a digit is among them.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var number: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return number
    }

    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let time = Timestamp(text: text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 time: \(text)"))
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }

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
