// One line of the table: a figure, what it is held against, and whether that is enough.
import FaultModel

struct Line: Sendable {
    enum Unit: String, Sendable {
        case milliseconds = "ms"
        case perSecond = "/s"
        case megabytes = "MB"
        case count = ""
        /// More of it is better.
        var isRate: Bool { self == .perSecond }
    }

    enum Goal: Sendable {
        case ratioAtMost(Double)
        case atMost(Double)
        case atLeast(Double)
    }

    /// Names it in the JSON file: `drop.iptables/fork`.
    let key: String
    let figure: String
    let unit: Unit
    var value = 0.0
    var tail: Double?
    var count = 1
    var against: String?
    var other: Double?
    var otherTail: Double?
    var goal: Goal?
    /// Measured in turns with what it is held against, or right after it: only then does load cancel out, and the check compares it.
    var isInTurns = true
    /// Why there is no value.
    var failure: String?

    /// How many times what it is held against.
    var ratio: Double? { other.flatMap { $0 > 0 && failure == nil ? value / $0 : nil } }

    var isMet: Bool? {
        if failure != nil { return goal == nil ? nil : false }
        return switch goal {
        case nil: nil
        case .ratioAtMost(let limit): ratio.map { $0 <= limit } ?? false
        case .atMost(let limit): value <= limit
        case .atLeast(let limit): value >= limit
        }
    }

    /// A time by its median and 99th percentile, against that of another.
    init(_ key: String, _ figure: String, _ times: Samples, against: String? = nil, _ others: Samples? = nil, goal: Goal? = nil) {
        self.init(key, figure, .milliseconds, times.median, against: against, others?.median, goal: goal)
        (tail, count, otherTail) = (times.p99, times.count, others?.p99)
    }

    init(_ key: String, _ figure: String, _ unit: Unit, _ value: Double, against: String? = nil, _ other: Double? = nil, goal: Goal? = nil) {
        (self.key, self.figure, self.unit, self.value) = (key, figure, unit, value)
        (self.against, self.other, self.goal) = (against, other, goal)
    }

    /// What could not be measured.
    init(_ key: String, failed why: String) {
        (self.key, figure, unit, failure, goal) = (key, key, .count, why, .atMost(0))
    }
}

extension Line.Goal {
    func text(_ unit: Line.Unit) -> String {
        switch self {
        case .ratioAtMost(let limit): "≤ \(limit.short) ×"
        case .atMost(let limit): limit == 0 ? "none" : "≤ \(limit.short) \(unit.rawValue)".trimmed
        case .atLeast(let limit): "≥ \(limit.short) \(unit.rawValue)".trimmed
        }
    }
}

extension Line {
    var json: JSONValue {
        var members: [JSONValue.Member] = [.init("key", .string(key)), .init("figure", .string(figure)), .init("unit", .string(unit.rawValue))]
        func add(_ name: String, _ number: Double?) { if let number { members.append(.init(name, .double(number.rounded(to: 4)))) } }
        add("p50", failure == nil ? value : nil)
        add("p99", tail)
        members.append(.init("count", .int(Int64(count))))
        if let against { members.append(.init("against", .string(against))) }
        add("against_p50", other)
        add("against_p99", otherTail)
        add("ratio", ratio)
        if let goal { members.append(.init("goal", .string(goal.text(unit)))) }
        if let isMet { members.append(.init("met", .bool(isMet))) }
        if let failure { members.append(.init("failure", .string(failure))) }
        return .object(members)
    }
}

extension Double {
    func rounded(to digits: Int) -> Double {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }

    /// Three digits that count: 0.123, 1.23, 12.3, 123.
    var short: String {
        let digits = abs(self) < 1 ? 3 : abs(self) < 10 ? 2 : abs(self) < 100 ? 1 : 0
        let text = String(rounded(to: digits))
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension String {
    var trimmed: String {
        var text = Substring(self)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
