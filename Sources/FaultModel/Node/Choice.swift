// How many of the things that match: all, a number of them, or a share; and never more than allowed.

/// Narrows a selector's matches, with the same words in every spec and in `/v1/targets`. The same seed chooses the same ones from the same matches.
public struct Choice: Sendable, Hashable {
    public var max: Int?
    public var expect: Int?
    public var count: Int?
    public var percent: Double?
    public var seed: Int?

    private static let atLeastOne: @Sendable (Int) -> String? = { $0 > 0 ? nil : "must be at least 1" }
    private static let max = Field<Int>("max", "Refuse the fault if it would hit more than this many.", check: atLeastOne)
    private static let expect = Field<Int>(
        "expect", "Refuse the fault unless exactly this many match; count and percent choose among them.", check: atLeastOne)
    private static let count = Field<Int>("count", "Hit this many of those that match, chosen at random.", check: atLeastOne)
    private static let percent = Field<Double>(
        "percent", "Hit this share of those that match, rounded up, chosen at random.",
        check: { $0 > 0 && $0 <= 100 ? nil : "must be above 0 and at most 100" })
    private static let seed = Field<Int>("seed", "Makes the random choice repeatable.")

    public init() {}

    public static var fields: [FieldDescription] {
        [max.description, expect.description, count.description, percent.description, seed.description]
    }

    public static func read(_ reader: inout SpecReader) -> Choice {
        var choice = Choice()
        (choice.max, choice.expect) = (reader.read(max), reader.read(expect))
        (choice.count, choice.percent, choice.seed) = (reader.read(count), reader.read(percent), reader.read(seed))
        if choice.count != nil, choice.percent != nil { reader.refuse("percent", "can't be given together with count") }
        return choice
    }

    /// - Parameters:
    ///   - entropy: stands in for a seed that was not given.
    ///   - path: what goes before a field's name in an error.
    /// - Returns: the chosen ones in their first order, and a note about the choice if there was one.
    public func pick<T>(from matches: [T], entropy: UInt64, path: String = "spec") throws(Problem) -> ([T], String?) {
        try refuseUnexpected(matches.count, path)
        let wanted = count ?? percent.map { Int((Double(matches.count) * $0 / 100).rounded(.up)) } ?? matches.count
        try refuse(wanted, of: matches.count, path)
        guard wanted < matches.count else { return (matches, nil) }
        let used = seed.map { UInt64(bitPattern: Int64($0)) } ?? entropy
        var random = SplitMix64(seed: used)
        let chosen = Set(matches.indices.shuffled(using: &random).prefix(wanted))
        let note = "\(wanted) of \(matches.count) that match were chosen" + (seed == nil ? "; seed=\(Int64(bitPattern: used)) chooses the same" : "")
        return (matches.indices.filter(chosen.contains).map { matches[$0] }, note)
    }

    private func refuseUnexpected(_ matching: Int, _ path: String) throws(Problem) {
        guard let expect, expect != matching else { return }
        throw Problem(
            matching < expect ? .noMatch : .tooManyTargets, "\(matching) match, and expect is \(expect)",
            hint: matching < expect
                ? "widen the selector, or look what is missing: faultctl targets" : "narrow the selector: faultctl targets shows them",
            errors: [.init("\(path).expect", "is \(expect), but \(matching) match now")])
    }

    private func refuse(_ wanted: Int, of matching: Int, _ path: String) throws(Problem) {
        guard wanted <= matching else {
            throw Problem(
                .noMatch, "count is \(wanted), but only \(matching) match", hint: "lower count, or widen the selector",
                errors: [.init("\(path).count", "must be at most \(matching) now")])
        }
        guard let max, wanted > max else { return }
        throw Problem(
            .tooManyTargets, "\(wanted) would be hit, and max is \(max)", hint: "narrow the selector, or choose some of them by count or percent",
            errors: [.init("\(path).max", "is less than the \(wanted) that would be hit")])
    }
}
