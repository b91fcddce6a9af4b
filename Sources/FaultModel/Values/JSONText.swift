// A strict JSON reader (RFC 8259) that says where a body went wrong, and refuses a member that is given twice.
/// Keeps the order of members. Foundation's reader loses it, tells neither place nor cause, forgives a trailing comma, and takes either of two
/// `lease` members.
public struct JSONText {
    let bytes: [UInt8]
    var index = 0
    private var depth = 0

    public static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
        var reader = JSONText(bytes: bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.failure("there is more after the end of the JSON value") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    public static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private mutating func value() throws(Problem) -> JSONValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try nested { (reader) throws(Problem) in .object(try reader.members()) }
        case UInt8(ascii: "["): return try nested { (reader) throws(Problem) in .array(try reader.items()) }
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): return try number()
        default: return try word()
        }
    }

    private mutating func nested(_ read: (inout JSONText) throws(Problem) -> JSONValue) throws(Problem) -> JSONValue {
        depth += 1
        guard depth <= Limits.jsonDepth else { throw failure("more than \(Limits.jsonDepth) lists and objects inside each other") }
        index += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func members() throws(Problem) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var seen = MemberNames()
        if take("}") { return members }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a member's name in double quotes must stand here") }
            let key = try string()
            let fits = key.utf8.count <= Limits.nameBytes && members.count < Limits.jsonMembers
            guard fits else { throw failure("too long a name, or too many members") }
            guard seen.insert(key, members) else { throw failure("\"\(key)\" is given twice") }
            guard take(":") else { throw failure("a colon must stand after \"\(key)\"") }
            members.append(.init(key, try value()))
        } while take(",")
        guard take("}") else { throw failure("a comma or the end of the object } must stand here") }
        return members
    }

    private mutating func items() throws(Problem) -> [JSONValue] {
        var items: [JSONValue] = []
        if take("]") { return items }
        repeat { items.append(try value()) } while take(",")
        guard take("]") else { throw failure("a comma or the end of the list ] must stand here") }
        return items
    }

    private mutating func word() throws(Problem) -> JSONValue {
        let words: [(String, JSONValue)] = [("true", .bool(true)), ("false", .bool(false)), ("null", .null)]
        for (word, value) in words where bytes[index...].starts(with: word.utf8) {
            index += word.utf8.count
            return value
        }
        throw failure(peek == nil ? "the JSON ends too early" : "a JSON value must stand here")
    }

    private mutating func number() throws(Problem) -> JSONValue {
        let start = index
        _ = step { $0 == "-" }
        let digits = index
        var good = digitsFollow() && (bytes[digits] != UInt8(ascii: "0") || index == digits + 1)
        var isWhole = true
        if step({ $0 == "." }) {
            good = digitsFollow() && good
            isWhole = false
        }
        if step({ $0 == "e" || $0 == "E" }) {
            _ = step { $0 == "+" || $0 == "-" }
            good = digitsFollow() && good
            isWhole = false
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if good, isWhole, let number = Int64(text) { return .int(number) }
        if good, let number = Double(text), number.isFinite { return .double(number) }
        index = start
        throw failure("this is no number that JSON can have")
    }

    private mutating func digitsFollow() -> Bool {
        let start = index
        while step({ ("0"..."9").contains($0) }) {}
        return index > start
    }

    private mutating func step(_ wanted: (Unicode.Scalar) -> Bool) -> Bool {
        guard let byte = peek, wanted(Unicode.Scalar(byte)) else { return false }
        index += 1
        return true
    }
}

extension JSONText {
    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = peek, Self.isSpace(byte) { index += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    func failure(_ what: String) -> Problem {
        let before = bytes[..<index]
        let line = before.count { $0 == 0x0A } + 1
        let column = before.reversed().prefix { $0 != 0x0A }.count + 1
        return Problem(.badRequest, "the body is not JSON: \(what) (line \(line), column \(column))")
    }
}

/// Which members an object has by now: few are looked through, many are kept in a set.
private struct MemberNames {
    private static let few = 16
    private var set: Set<String> = []

    /// False when it is there already.
    mutating func insert(_ key: String, _ members: [JSONValue.Member]) -> Bool {
        if members.count < Self.few { return !members.contains { $0.key == key } }
        if set.isEmpty { set = Set(members.map(\.key)) }
        return set.insert(key).inserted
    }
}
