// "Did you mean …": the nearest known name to a mistyped one.

/// The candidate with the least edit distance to `name`, if it is near enough to be a slip of the hand.
public func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    // A name of ours is short; measuring a long text against every one of them would cost more than it says.
    guard name.utf8.count <= 64 else { return nil }
    let wanted = Array(name.lowercased())
    let best = candidates.map { ($0, distance(wanted, Array($0.lowercased()))) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
    guard let best, best.1 <= max(2, wanted.count / 3) else { return nil }
    return best.0
}

/// Levenshtein's distance where two swapped neighbours count as one edit.
private func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
        var row = [i]
        for j in 1...b.count {
            var cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, rows[i - 2][j - 2] + 1) }
            row.append(cost)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
