// A page of names and values, one below the other.

struct Page {
    private var rows: [(name: String, value: Styled, keep: Bool)] = []
    private static let gap = 2

    /// Adds a value; without one the name is left out.
    mutating func add(_ name: String, _ value: Styled?) {
        if let value, !value.isEmpty { rows.append((name, value, false)) }
    }

    /// Adds values below each other, the name beside the first.
    mutating func add(_ name: String, _ values: [Styled]) {
        for (index, value) in values.enumerated() { add(index == 0 ? name : "", value) }
    }

    /// Adds lines that are never broken, such as commands to be copied.
    mutating func add(_ name: String, verbatim lines: [Styled]) {
        for (index, line) in lines.enumerated() { rows.append((index == 0 ? name : "", line, true)) }
    }

    func lines(width: Int?) -> [Styled] {
        let widest = rows.map(\.name.columns).max() ?? 0
        let names = widest > 0 ? widest + Self.gap : 0
        return rows.flatMap { row in
            let limit = row.keep ? nil : width.map { max(20, $0 - names) }
            return row.value.wrapped(to: limit).enumerated().map { index, line in
                Styled(index == 0 ? row.name : "", .dim).padded(to: names) + line
            }
        }
    }
}
