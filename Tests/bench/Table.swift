// Lines as a table for people and as JSON for the next run.
import FaultModel

struct Table {
    let lines: [Line]

    private static let heads = ["figure", "p50", "p99", "against", "its p50", "its p99", "ratio", "goal", "met"]

    /// Markdown that is aligned, so that it reads in a terminal as well.
    var text: String {
        let rows = [Self.heads] + lines.map(Self.cells)
        let widths = Self.heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let texts = rows.map { row in
            "| " + zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " | ") + " |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
        return ([texts[0], rule] + texts.dropFirst()).joined(separator: "\n") + "\n"
    }

    private static func cells(_ line: Line) -> [String] {
        if let failure = line.failure { return [line.figure, "–", "–", failure, "", "", "", line.goal?.text(line.unit) ?? "", line.isMet.mark] }
        let with = { (number: Double?) in number.map { "\($0.short) \(line.unit.rawValue)".trimmed } ?? "" }
        return [
            line.figure, with(line.value), with(line.tail), line.against ?? "", with(line.other), with(line.otherTail),
            line.ratio.map { $0.short + " ×" } ?? "", line.goal?.text(line.unit) ?? "", line.isMet.mark,
        ]
    }

    func json(about setting: [JSONValue.Member]) -> JSONValue {
        .object(setting + [.init("lines", .array(lines.map(\.json)))])
    }
}

extension Bool? {
    fileprivate var mark: String { self.map { $0 ? "yes" : "NO" } ?? "" }
}
