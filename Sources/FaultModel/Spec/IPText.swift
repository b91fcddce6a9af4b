// IP addresses between text and bytes, after RFC 4291 section 2.2 and RFC 5952.

enum IPText {
    static func parse(_ text: String) -> (IPFamily, [UInt8])? {
        if text.contains(":") { return parse6(text).map { (.ipv6, $0) } }
        return parse4(text).map { (.ipv4, $0) }
    }

    private static func parse4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        // A leading zero would be octal to inet_aton(3): refused, because it is ambiguous.
        let bytes = parts.compactMap { $0.allSatisfy(\.isASCII) && ($0 == "0" || !$0.hasPrefix("0")) && !$0.hasPrefix("+") ? UInt8($0) : nil }
        return bytes.count == 4 ? bytes : nil
    }

    private static func parse6(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, !text.contains(":::"), let head = groups(String(halves[0])) else { return nil }
        guard halves.count == 2 else { return head.count == 16 ? head : nil }
        guard let tail = groups(String(halves[1])), head.count + tail.count <= 14 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: String) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let four = parse4(String(part)) {
                bytes += four
            } else {
                guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit), let value = UInt16(part, radix: 16) else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
        }
        return bytes
    }

    static func format(_ bytes: [UInt8]) -> String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        let zeros = longestZeros(groups)
        func join(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        guard zeros.count > 1 else { return join(0..<8) }
        return join(0..<zeros.lowerBound) + "::" + join(zeros.upperBound..<8)
    }

    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 } else if index + 1 - start > best.count { best = start..<(index + 1) }
        }
        return best
    }
}
