// Writes JSON text piece by piece, indented or on one line. Nothing stands between a value and its bytes.

/// Objects and lists are written one after the other: one that is over takes no more.
struct JSONWriter {
    /// An object or a list that is being written.
    struct Place {
        fileprivate var depth: Int
        fileprivate var number: Int
    }

    private struct Level {
        var number: Int
        var close: UInt8
        var isEmpty = true
    }

    private var out: [UInt8] = []
    private var levels: [Level] = []
    private var opened = 0
    private let isPretty: Bool
    /// A value must stand here; what writes none is an object without members.
    private var isWaiting = true
    /// Something was written to an object or list that was over.
    private var isBroken = false

    init(pretty: Bool = false) {
        isPretty = pretty
        out.reserveCapacity(4096)
    }

    /// Everything, once each value is written; nil where the pieces make no whole.
    mutating func finished() -> [UInt8]? {
        close(to: 0)
        fill()
        return isBroken ? nil : out
    }

    // MARK: objects and lists

    mutating func openObject() -> Place { open(UInt8(ascii: "{"), UInt8(ascii: "}")) }
    mutating func openList() -> Place { open(UInt8(ascii: "["), UInt8(ascii: "]")) }

    private mutating func open(_ open: UInt8, _ close: UInt8) -> Place {
        put(open)
        opened += 1
        levels.append(Level(number: opened, close: close))
        return Place(depth: levels.count - 1, number: opened)
    }

    /// Goes on to the next item of a list; what is open inside it ends.
    mutating func next(in place: Place) {
        guard place.depth < levels.count, levels[place.depth].number == place.number else { return isBroken = true }
        close(to: place.depth + 1)
        fill()
        if !levels[place.depth].isEmpty { out.append(UInt8(ascii: ",")) }
        levels[place.depth].isEmpty = false
        newline()
        isWaiting = true
    }

    /// Goes on to the next member of an object.
    mutating func next(_ key: String, in place: Place) {
        next(in: place)
        quote(key)
        out.append(UInt8(ascii: ":"))
        if isPretty { out.append(UInt8(ascii: " ")) }
    }

    mutating func close(_ place: Place) { close(to: place.depth) }

    private mutating func close(to depth: Int) {
        while levels.count > depth {
            fill()
            let level = levels.removeLast()
            if !level.isEmpty { newline() }
            out.append(level.close)
        }
    }

    private mutating func fill() {
        guard isWaiting else { return }
        isWaiting = false
        out += "{}".utf8
    }

    private mutating func newline() {
        guard isPretty else { return }
        out.append(UInt8(ascii: "\n"))
        for _ in 0..<2 * levels.count { out.append(UInt8(ascii: " ")) }
    }

    // MARK: values

    /// How deep it is in objects and lists; what is written there is whole when `complete` has been told the same.
    var depth: Int { levels.count }

    mutating func complete(_ depth: Int) {
        close(to: depth)
        fill()
    }

    mutating func writeNull() { put("null") }
    mutating func write(_ flag: Bool) { put(flag ? "true" : "false") }
    mutating func write(_ number: Int64) { put(String(number)) }
    /// JSON has no infinity.
    mutating func write(_ number: Double) { put(number.isFinite ? String(number) : "null") }

    mutating func write(_ text: String) {
        isWaiting = false
        quote(text)
    }

    private mutating func put(_ byte: UInt8) {
        isWaiting = false
        out.append(byte)
    }

    private mutating func put(_ text: String) {
        isWaiting = false
        out += text.utf8
    }

    private mutating func quote(_ text: String) {
        out.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            // What stands for itself is taken as a whole; bytes of scalars beyond ASCII are 0x80 and more, and do.
            var plain = 0
            for index in bytes.indices where Self.mustBeEscaped(bytes[index]) {
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plain..<index]))
                out += Self.escaped(bytes[index]).utf8
                plain = index + 1
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plain...]))
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): return "\\\""
        case UInt8(ascii: "\\"): return "\\\\"
        case UInt8(ascii: "\n"): return "\\n"
        case UInt8(ascii: "\r"): return "\\r"
        case UInt8(ascii: "\t"): return "\\t"
        default:
            let digits = String(byte, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}
