// An amount of bytes as a spec writes it.
import FaultModel

/// `268435456`, `256M`, `256MiB` or `1G`: units of 1024, as systemd and stress-ng have them.
struct MemorySize: SpecValue, Hashable {
    var bytes: Int64

    private static let units: [(String, Int64)] = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("T", 1 << 40)]

    init(_ bytes: Int64) { self.bytes = bytes }

    init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        let bad = ValueError("must be a size such as \"256M\" or \"1G\" (units of 1024), or a number of bytes, not \(value.text())")
        if case .int(let number) = value, number > 0 {
            bytes = number
        } else if case .string(let text) = value, let bytes = Self.parse(text), bytes > 0 {
            self.bytes = bytes
        } else {
            throw bad
        }
    }

    private static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        let unit = text.dropFirst(digits.count).uppercased()
        if unit.isEmpty { return number }
        guard let (_, factor) = units.first(where: { [$0.0, $0.0 + "B", $0.0 + "IB"].contains(unit) }) else { return nil }
        let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: factor)
        return isTooMuch ? nil : bytes
    }

    /// In the greatest unit that divides it.
    var text: String {
        let unit = Self.units.last { bytes % $0.1 == 0 }
        return unit.map { "\(bytes / $0.1)\($0.0)" } ?? String(bytes)
    }
    var spec: JSONValue { .string(text) }
    static var schema: JSONValue { ["oneOf": [["type": "string", "examples": ["256M", "1G"]], ["type": "integer", "minimum": 1]]] }
}
