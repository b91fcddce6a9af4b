// Lines that fit a terminal.

extension Styled {
    /// Broken at spaces so that no line is wider than `limit`, where words allow; nil is one line.
    func wrapped(to limit: Int?) -> [Styled] {
        guard let limit, width > limit else { return [self] }
        var lines: [Styled] = []
        var line = Styled("")
        for word in words {
            if line.isEmpty {
                line = word
            } else if line.width + 1 + word.width <= limit {
                line += " " + word
            } else {
                lines.append(line)
                line = word
            }
        }
        return lines + [line]
    }

    /// Split at single spaces; a word keeps the paints of its pieces.
    private var words: [Styled] {
        var words = [Styled("")]
        for piece in pieces {
            for (index, part) in piece.text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
                if index > 0 { words.append("") }
                words[words.count - 1] += Styled(String(part), piece.paint)
            }
        }
        return words
    }
}
