// Text in painted pieces: what renderers make, before anybody knows whether the terminal has colours.

/// What a piece of text means to the eye.
enum Paint: Hashable {
    case bold, dim, good, warn, bad, alarm, accent

    /// SGR parameters (ECMA-48, 8.3.117).
    var code: String {
        switch self {
        case .bold: "1"
        case .dim: "2"
        case .good: "32"
        case .warn: "33"
        case .bad: "31"
        case .alarm: "1;31"
        case .accent: "36"
        }
    }
}

/// One line of text. Control characters in it, which may come from a container's name or a reason, are made harmless.
struct Styled: Hashable {
    struct Piece: Hashable {
        var text: String
        var paint: Paint?
    }
    private(set) var pieces: [Piece]

    init(_ text: String, _ paint: Paint? = nil) { pieces = text.isEmpty ? [] : [.init(text: Self.printable(text), paint: paint)] }
    private init(pieces: [Piece]) { self.pieces = pieces }

    static func + (a: Styled, b: Styled) -> Styled { Styled(pieces: a.pieces + b.pieces) }
    static func += (a: inout Styled, b: Styled) { a = a + b }

    var isEmpty: Bool { pieces.isEmpty }
    var plain: String { pieces.map(\.text).joined() }
    /// Columns on a terminal.
    var width: Int { pieces.reduce(0) { $0 + $1.text.columns } }

    /// Every piece that has no paint yet gets this one.
    func painted(_ paint: Paint) -> Styled { Styled(pieces: pieces.map { .init(text: $0.text, paint: $0.paint ?? paint) }) }

    func text(colour: Bool) -> String {
        pieces.map { piece in
            guard colour, let paint = piece.paint else { return piece.text }
            return "\u{1b}[\(paint.code)m\(piece.text)\u{1b}[0m"
        }.joined()
    }

    /// At most `limit` columns; what is cut off shows as `…`.
    func cut(to limit: Int) -> Styled {
        guard width > limit else { return self }
        var left = max(0, limit - 1)
        var kept: [Piece] = []
        for piece in pieces {
            let text = piece.text.prefix(columns: left)
            kept.append(.init(text: text, paint: piece.paint))
            left -= text.columns
            if text != piece.text { break }
        }
        return Styled(pieces: kept) + Styled(limit > 0 ? "…" : "", kept.last?.paint)
    }

    func padded(to columns: Int, right: Bool = false) -> Styled {
        let space = Styled(String(repeating: " ", count: max(0, columns - width)))
        return right ? space + self : self + space
    }

    /// C0 and C1 control characters could move the cursor, and direction marks could swap words.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isHarmful($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension Styled: ExpressibleByStringInterpolation {
    init(stringLiteral value: String) { self.init(value) }
    init(stringInterpolation: StringInterpolation) { self = stringInterpolation.result }

    struct StringInterpolation: StringInterpolationProtocol {
        var result = Styled("")

        init(literalCapacity: Int, interpolationCount: Int) {}
        mutating func appendLiteral(_ literal: String) { result += Styled(literal) }
        mutating func appendInterpolation(_ styled: Styled) { result += styled }
        mutating func appendInterpolation(_ text: String, _ paint: Paint? = nil) { result += Styled(text, paint) }
        mutating func appendInterpolation(_ number: some BinaryInteger) { result += Styled(String(number)) }
    }
}

extension Sequence where Element == Styled {
    func joined(separator: String) -> Styled {
        var result = Styled("")
        for (index, item) in enumerated() { result += index == 0 ? item : Styled(separator) + item }
        return result
    }
}
