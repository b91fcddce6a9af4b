// A name that is asked of a DNS server, or everything below one.

/// `db.example.com` is that name alone; `*.example.com` is every name below it, and not it.
public struct DNSName: SpecValue, Codable, Hashable {
    /// In lower case, without the dot at the end.
    public let labels: [String]
    public let isBelow: Bool

    public init?(_ text: String) {
        let bare = text.hasSuffix(".") ? text.dropLast() : text[...]
        isBelow = bare.hasPrefix("*.")
        labels = (isBelow ? bare.dropFirst(2) : bare).split(separator: ".", omittingEmptySubsequences: false).map { $0.lowercased() }
        // RFC 1035, section 2.3.4: labels of 63 bytes, and 255 with their lengths.
        let isLabel = { (label: String) in (1...63).contains(label.utf8.count) && label.utf8.allSatisfy(Self.isAllowed) }
        guard labels.allSatisfy(isLabel), wire.count <= 255, labels.contains(where: { $0.contains(where: \.isLetter) }) else { return nil }
    }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, let name = DNSName(text) else {
            throw ValueError("must be a DNS name such as \"db.example.com\", or \"*.example.com\" for every name below it, not \(value.text())")
        }
        self = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// As a question ends with it: each label after its length, and the root's, which is empty.
    public var wire: [UInt8] { labels.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) } + [0] }

    /// - Parameter asked: the labels of a question, in lower case.
    public func matches(_ asked: [String]) -> Bool {
        isBelow ? asked.count > labels.count && asked.suffix(labels.count) == labels[...] : asked == labels
    }

    /// Whether some question would meet both.
    public func overlaps(_ other: DNSName) -> Bool {
        switch (isBelow, other.isBelow) {
        case (false, false): labels == other.labels
        case (true, false): matches(other.labels)
        case (false, true): other.matches(labels)
        case (true, true): labels == other.labels || matches(other.labels) || other.matches(labels)
        }
    }

    public var text: String { (isBelow ? "*." : "") + labels.joined(separator: ".") }
    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["db.example.com", "*.example.com"]] }

    public init(from decoder: any Decoder) throws {
        do { self = try DNSName(spec: JSONValue(from: decoder), lenient: false) } catch let error as ValueError {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.message))
        }
    }
    public func encode(to encoder: any Encoder) throws { try spec.encode(to: encoder) }
}
