// A strict reader of Prometheus' text format 0.0.4: what it does not understand is an error.
import Testing

/// https://prometheus.io/docs/instrumenting/exposition_formats/, and the rules on histograms and counters beside it.
struct PrometheusPage {
    struct Sample {
        var name: String
        var labels: [String: String]
        var value: Double
    }
    struct Failure: Error {
        var line: String
        var what: String
    }
    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private var helps: Set<String> = []
    /// The metric whose lines are being read: all of one must stand together.
    private var current: String?

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Failure(line: "", what: "the last line must end") }
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("#") { try comment(line) } else { try sample(line) }
        }
        try checkWhole()
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? { samples.first { $0.name == name && $0.labels == labels }?.value }

    private mutating func comment(_ line: String) throws {
        guard let match = line.wholeMatch(of: /# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/) else { throw Failure(line: line, what: "comment") }
        let name = String(match.2)
        if match.1 == "HELP" {
            guard helps.insert(name).inserted, types[name] == nil else { throw Failure(line: line, what: "HELP comes once, before TYPE") }
        } else {
            guard helps.contains(name), types[name] == nil, ["counter", "gauge", "histogram"].contains(match.3) else {
                throw Failure(line: line, what: "TYPE comes once, after HELP")
            }
            types[name] = String(match.3)
            current = name
        }
    }

    private mutating func sample(_ line: String) throws {
        guard let match = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/), let value = Self.number(String(match.3)) else {
            throw Failure(line: line, what: "sample")
        }
        let name = String(match.1)
        guard let current, let type = types[current] else { throw Failure(line: line, what: "a sample before its TYPE") }
        let names = type == "histogram" ? ["_bucket", "_sum", "_count"].map { current + $0 } : [current]
        guard names.contains(name) else { throw Failure(line: line, what: "a sample of another metric than \(current)") }
        let labels = try Self.labels(match.2.map(String.init) ?? "", line)
        guard !samples.contains(where: { $0.name == name && $0.labels == labels }) else { throw Failure(line: line, what: "twice") }
        samples.append(Sample(name: name, labels: labels, value: value))
    }

    private static func number(_ text: String) -> Double? { text == "+Inf" ? .infinity : Double(text) }

    /// `a="x",b="y"`; in a value `\\`, `\"` and `\n` stand for a backslash, a quote and the end of a line, and none stands bare.
    private static func labels(_ text: String, _ line: String) throws -> [String: String] {
        var (labels, rest) = ([String: String](), text[...])
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/) else {
                throw Failure(line: line, what: "labels")
            }
            let value = String(match.2).replacing(/\\(.)/) { $0.1 == "n" ? "\n" : String($0.1) }
            guard labels.updateValue(value, forKey: String(match.1)) == nil else { throw Failure(line: line, what: "a label twice") }
            rest = rest[match.range.upperBound...]
        }
        return labels
    }

    private func checkWhole() throws {
        for (name, type) in types {
            if type == "counter", !name.hasSuffix("_total") { throw Failure(line: name, what: "a counter's name ends with _total") }
            if type == "histogram" { try checkHistogram(name) }
            guard type != "counter" || samples.allSatisfy({ $0.name != name || $0.value >= 0 }) else {
                throw Failure(line: name, what: "a negative counter")
            }
        }
        guard helps == Set(types.keys) else { throw Failure(line: "", what: "HELP without TYPE") }
    }

    private func checkHistogram(_ name: String) throws {
        let buckets = samples.filter { $0.name == name + "_bucket" }
        let bounds = buckets.compactMap { $0.labels["le"].flatMap(Self.number) }
        guard bounds.count == buckets.count, bounds == bounds.sorted(), bounds.last == .infinity else { throw Failure(line: name, what: "bounds") }
        let counts = buckets.map(\.value)
        guard counts == counts.sorted(), let count = value(name + "_count"), counts.last == count, value(name + "_sum") != nil else {
            throw Failure(line: name, what: "counts")
        }
    }
}
