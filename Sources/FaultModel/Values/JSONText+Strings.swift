// Strings and their escapes, for the strict JSON reader.

extension JSONText {
    mutating func string() throws(Problem) -> String {
        let start = index
        index += 1
        var out: [UInt8] = []
        // What stands for itself is taken as a whole.
        var plain = index
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure("a control character in a string must be written as an escape such as \\n") }
            index += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            out += bytes[plain..<(index - 1)]
            out += try escape()
            plain = index
        }
        out += bytes[plain..<index]
        guard peek != nil, let text = String(validating: out, as: UTF8.self) else {
            let why = peek == nil ? "this string has no closing quote" : "this string is not UTF-8"
            index = start
            throw failure(why)
        }
        index += 1
        return text
    }

    private mutating func escape() throws(Problem) -> [UInt8] {
        guard let byte = peek else { throw failure("the JSON ends too early") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try scalar()).utf8)
        default: throw failure("\\\(Unicode.Scalar(byte)) is no escape that JSON has; a backslash itself is written \\\\")
        }
    }

    /// `\uXXXX`, or two of them for a scalar beyond the first plane.
    private mutating func scalar() throws(Problem) -> Unicode.Scalar {
        let high = try unit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, bytes[index...].starts(with: "\\u".utf8) else { throw failure("half a surrogate pair") }
        index += 2
        let low = try unit()
        guard (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)) else {
            throw failure("half a surrogate pair")
        }
        return scalar
    }

    private mutating func unit() throws(Problem) -> UInt32 {
        let digits = String(decoding: bytes[index...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
            throw failure("four hexadecimal digits must stand after \\u")
        }
        index += 4
        return value
    }
}
