// How many of the things that match: all, a number of them, or a share; and never more than allowed.
import FaultModel

/// Narrows a selector's matches. The same seed chooses the same ones from the same matches.
struct Choice: Sendable {
    var max: Int?
    var count: Int?
    var percent: Double?
    var seed: Int?

    private static let max = Field<Int>(
        "max", "Refuse the fault if it would hit more than this many.", check: { $0 > 0 ? nil : "must be at least 1" })
    private static let count = Field<Int>(
        "count", "Hit this many of those that match, chosen at random.", check: { $0 > 0 ? nil : "must be at least 1" })
    private static let percent = Field<Double>(
        "percent", "Hit this share of those that match, rounded up, chosen at random.",
        check: { $0 > 0 && $0 <= 100 ? nil : "must be above 0 and at most 100" })
    private static let seed = Field<Int>("seed", "Makes the random choice repeatable.")

    static var fields: [FieldDescription] { [max.description, count.description, percent.description, seed.description] }

    static func read(_ reader: inout SpecReader) -> Choice {
        let choice = Choice(max: reader.read(max), count: reader.read(count), percent: reader.read(percent), seed: reader.read(seed))
        if choice.count != nil, choice.percent != nil { reader.refuse("percent", "can't be given together with count") }
        return choice
    }

    /// - Parameter entropy: stands in for a seed that was not given.
    /// - Returns: the chosen ones in their first order, and a note about the choice if there was one.
    func pick<T>(from matches: [T], entropy: UInt64) throws(Problem) -> ([T], String?) {
        let wanted = count ?? percent.map { Int((Double(matches.count) * $0 / 100).rounded(.up)) } ?? matches.count
        guard wanted <= matches.count else {
            throw Problem(
                .noMatch, "count is \(wanted), but only \(matches.count) match", hint: "lower count, or widen the selector",
                errors: [.init("spec.count", "must be at most \(matches.count) now")])
        }
        if let max, wanted > max {
            throw Problem(
                .tooManyTargets, "\(wanted) would be hit, and max is \(max)", hint: "narrow the selector, or choose some of them by count or percent",
                errors: [.init("spec.max", "is less than the \(wanted) that would be hit")])
        }
        guard wanted < matches.count else { return (matches, nil) }
        let used = seed.map { UInt64(bitPattern: Int64($0)) } ?? entropy
        var random = SplitMix64(state: used)
        let chosen = Set(matches.indices.shuffled(using: &random).prefix(wanted))
        let note = "\(wanted) of \(matches.count) that match were chosen" + (seed == nil ? "; seed=\(Int64(bitPattern: used)) chooses the same" : "")
        return (matches.indices.filter(chosen.contains).map { matches[$0] }, note)
    }
}

/// A small generator with a seed (Steele, Lea and Flood: "Fast splittable pseudorandom number generators", 2014).
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
