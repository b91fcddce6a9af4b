// The check of continuous integration: no ratio has become much worse than it was when the results were stored.
import ArgumentParser
import FaultModel

/// Ratios of medians, of things measured in turns on the same machine: what the machine is like cancels out.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Compare the ratios with the stored ones; fail where one is much worse.")

    @OptionGroup var setting: Setting
    @Argument(help: "The JSON file of an earlier run of the same build.") var stored: String
    @Argument(help: "Only rows whose name begins so.") var only: [String] = []

    /// Worse than this many times the stored ratio is a regression, if it is so every time.
    static let tolerance = 2.0
    static let attempts = 3
    /// Milliseconds: what is held against something shorter says more of the clock and the caches than of either.
    static let shortest = 0.3

    func run() throws {
        guard let document = JSONValue(parsing: Array(try File.read(stored).utf8)) else { throw Failure("\(stored) is not JSON") }
        let kept = Kept(document)
        var failed: [String] = []
        for row in Row.named(only) where row.isInCheck { failed += complaints(row, kept) }
        if !failed.isEmpty { throw Failure("\n" + failed.joined(separator: "\n")) }
        complain("bench: no ratio is more than \(Self.tolerance.short) times the stored one")
    }

    /// What was worse each time; noise is not.
    private func complaints(_ row: Row, _ kept: Kept) -> [String] {
        var worse: [String] = []
        for attempt in 1...Self.attempts {
            let lines = row.lines(setting.bench(.short))
            print(Table(lines: lines).text)
            worse = lines.compactMap(kept.complaint)
            if worse.isEmpty { return [] }
            complain("bench: attempt \(attempt) of \(Self.attempts): " + worse.joined(separator: "; "))
        }
        return worse
    }
}

/// Stored ratios by key.
struct Kept {
    private var ratios: [String: Double] = [:]

    init(_ document: JSONValue) {
        for line in document["lines"]?.arrayValue ?? [] {
            guard let key = line["key"]?.stringValue, case .double(let ratio) = line["ratio"] else { continue }
            ratios[key] = ratio
        }
    }

    func complaint(_ line: Line) -> String? {
        if let failure = line.failure { return "\(line.key) could not be measured: \(failure)" }
        guard line.isInTurns, let ratio = line.ratio, line.unit != .milliseconds || (line.other ?? 0) >= Check.shortest else { return nil }
        guard let before = ratios[line.key] else { return "\(line.key) has no stored ratio: store one by make bench-check BENCH_KEEP=1" }
        let change = line.unit.isRate ? before / ratio : ratio / before
        guard change > Check.tolerance else { return nil }
        return "\(line.key): \(ratio.short) × \(line.against ?? ""), was \(before.short) ×"
    }
}
