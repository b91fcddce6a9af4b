// Sizes as people write them: `4096`, `64KiB`, `10M`, `1.5GiB`.

/// A number of bytes. K, M, G and T, with or without `iB`, are powers of 1024 as in systemd's settings; `kB`, `MB` and `GB` of 1000.
public struct ByteSize: SpecValue, Hashable, Codable {
    public var bytes: Int64

    public init(_ bytes: Int64) { self.bytes = bytes }

    private static let powers: [(suffix: String, bytes: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000),
        ("kB", 1000), ("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("B", 1),
    ]
    /// An exbibyte: nothing here is larger.
    private static let most = Double(1 << 60)

    public init?(text: String) {
        let (digits, unit) = Self.powers.first { text.hasSuffix($0.suffix) }.map { (String(text.dropLast($0.suffix.count)), $0.bytes) } ?? (text, 1)
        guard let number = Double(digits), digits.allSatisfy({ $0.isNumber || $0 == "." }), number * Double(unit) <= Self.most else { return nil }
        bytes = Int64((number * Double(unit)).rounded())
    }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        if case .int(let number) = value, number >= 0 {
            bytes = number
        } else if case .string(let text) = value, let size = ByteSize(text: text) {
            self = size
        } else {
            throw ValueError("must be a size such as \"4096\", \"64KiB\", \"10MiB\" or \"1.5GiB\", not \(value.text())")
        }
    }

    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": ["string", "integer"], "examples": ["4096", "64KiB", "10MiB", "1.5GiB"]] }

    /// The largest unit of 1024 that it is a whole number of; bytes otherwise.
    public var text: String {
        let unit = Self.powers.prefix(4).first { bytes > 0 && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.suffix)" } ?? "\(bytes)"
    }

    /// For sentences, rounded: `1.5 GiB`.
    public var rounded: String {
        guard let unit = Self.powers.prefix(4).first(where: { bytes >= $0.bytes }) else { return "\(bytes) bytes" }
        let tenths = Int64((Double(bytes) / Double(unit.bytes) * 10).rounded(.down))
        return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") + " \(unit.suffix)"
    }
}
