// Columns for people: as wide as they need, cut where the terminal ends.

struct Table {
    struct Column {
        var title: String
        /// May be cut down to this many columns; nil is never cut.
        var least: Int?
        var right = false

        init(_ title: String, least: Int? = nil, right: Bool = false) {
            self.title = title
            self.least = least
            self.right = right
        }
    }

    private let columns: [Column]
    private var rows: [[Styled]] = []
    private static let gap = 2

    init(_ columns: Column...) { self.columns = columns }

    mutating func add(_ cells: Styled...) { rows.append(cells) }

    /// The title and the rows; columns in which nothing stands are left out.
    func lines(width: Int?) -> [Styled] {
        let used = columns.indices.filter { index in rows.contains { !$0[index].isEmpty } }
        let widths = fit(used, to: width)
        let head = used.map { Styled(columns[$0].title, .dim) }
        return ([head] + rows.map { row in used.map { row[$0] } }).map { line($0, used, widths) }
    }

    private func line(_ cells: [Styled], _ used: [Int], _ widths: [Int]) -> Styled {
        // No spaces at the end of a line.
        let last = cells.lastIndex { !$0.isEmpty } ?? 0
        return cells.prefix(last + 1).enumerated().map { index, cell in
            let text = cell.cut(to: widths[index])
            return index == last ? text : text.padded(to: widths[index], right: columns[used[index]].right)
        }.joined(separator: String(repeating: " ", count: Self.gap))
    }

    /// Takes columns from the widest that may be cut until all fit.
    private func fit(_ used: [Int], to width: Int?) -> [Int] {
        var widths = used.map { index in max(columns[index].title.columns, rows.map { $0[index].width }.max() ?? 0) }
        guard let width else { return widths }
        var excess = widths.reduce(Self.gap * (used.count - 1), +) - width
        while excess > 0 {
            let cuttable = used.indices.filter { widths[$0] > columns[used[$0]].least ?? .max }
            guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}
