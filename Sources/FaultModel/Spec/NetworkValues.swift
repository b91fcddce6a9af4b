// Ports, addresses and protocols as a spec writes them.

/// One port or an inclusive range of ports: `443`, `8000-8099`.
public struct PortRange: SpecValue, Codable, Hashable {
    public var low: UInt16
    public var high: UInt16

    public init(_ low: UInt16, _ high: UInt16) {
        self.low = low
        self.high = high
    }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        let bad = ValueError("must be a port from 1 to 65535, or a range such as \"8000-8099\", not \(value.text())")
        switch value {
        case .int(let number):
            guard let port = UInt16(exactly: number), port > 0 else { throw bad }
            self.init(port, port)
        case .string(let text):
            let ends = text.split(separator: text.contains(":") ? ":" : "-", omittingEmptySubsequences: false).map { UInt16($0) }
            guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1], low > 0, low <= high else { throw bad }
            self.init(low, high)
        default: throw bad
        }
    }

    public func overlaps(_ other: PortRange) -> Bool { low <= other.high && other.low <= high }
    public var text: String { low == high ? String(low) : "\(low)-\(high)" }
    public var spec: JSONValue { low == high ? .int(Int64(low)) : .string(text) }
    public static var schema: JSONValue {
        ["oneOf": [["type": "integer", "minimum": 1, "maximum": 65535], ["type": "string", "pattern": "^[0-9]+-[0-9]+$"]]]
    }

    public init(from decoder: any Decoder) throws {
        do { self = try PortRange(spec: JSONValue(from: decoder), lenient: false) } catch let error as ValueError {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.message))
        }
    }
    public func encode(to encoder: any Encoder) throws { try spec.encode(to: encoder) }
}

public enum IPFamily: String, Sendable, Hashable, Codable, CaseIterable { case ipv4, ipv6 }

/// An address with a prefix length: the packets from or to a network.
public struct CIDR: Sendable, Hashable, Codable {
    public var family: IPFamily
    /// 4 or 16 bytes, host bits cleared.
    public var bytes: [UInt8]
    public var prefix: Int

    public init?(family: IPFamily, bytes: [UInt8], prefix: Int) {
        let width = family == .ipv4 ? 4 : 16
        guard bytes.count == width, (0...width * 8).contains(prefix) else { return nil }
        self.family = family
        self.prefix = prefix
        self.bytes = bytes.enumerated().map { index, byte in
            let kept = min(8, max(0, prefix - index * 8))
            return kept == 8 ? byte : byte & ~(0xFF >> UInt8(kept))
        }
    }

    /// Reads `10.0.0.0/8`, `10.1.2.3`, `fd00::/8` or `::1`.
    public init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let (family, bytes) = IPText.parse(String(parts[0])) else { return nil }
        let width = bytes.count * 8
        guard parts.count == 1 || (parts[1].count <= 3 && parts[1].allSatisfy(\.isNumber)) else { return nil }
        guard let prefix = parts.count == 2 ? Int(parts[1]) : width else { return nil }
        self.init(family: family, bytes: bytes, prefix: prefix)
    }

    public var isEverything: Bool { prefix == 0 }
    public var isHost: Bool { prefix == bytes.count * 8 }
    public var text: String { isHost ? IPText.format(bytes) : "\(IPText.format(bytes))/\(prefix)" }

    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let cidr = CIDR(text: text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not an address: \(text)"))
        }
        self = cidr
    }
    public func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }
}

/// The other end of a connection: a network, or a host name that is resolved when the fault is planned.
public enum Peer: SpecValue, Hashable {
    case network(CIDR)
    case host(String)

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        let bad = ValueError("must be an address (10.0.0.5), a network (10.0.0.0/8, fd00::/8) or a host name, not \(value.text())")
        guard case .string(let text) = value else { throw bad }
        if let cidr = CIDR(text: text) {
            self = .network(cidr)
        } else if text.count <= 253,
            text.wholeMatch(of: /[A-Za-z0-9_]([A-Za-z0-9_\-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_\-]*[A-Za-z0-9_])?)*\.?/) != nil,
            text.contains(where: \.isLetter)
        {
            self = .host(text)
        } else {
            throw bad
        }
    }

    public var text: String {
        switch self {
        case .network(let cidr): cidr.text
        case .host(let name): name
        }
    }
    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["10.0.0.0/8", "fd00::/8", "db.example.com"]] }
}

/// A network interface's name (dev_valid_name() in the kernel's net/core/dev.c: 1 to 15 bytes, no slash, colon or space).
public struct InterfaceName: SpecValue, Codable, Hashable {
    public var name: String

    /// A name that is known to be one.
    public init(_ name: String) { self.name = name }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, (1...15).contains(text.utf8.count), text != ".", text != "..",
            !text.contains(where: { $0 == "/" || $0 == ":" || $0.isWhitespace })
        else { throw ValueError("must be an interface name of 1 to 15 characters such as \"eth0\", not \(value.text())") }
        name = text
    }
    public var spec: JSONValue { .string(name) }
    public static var schema: JSONValue { ["type": "string", "minLength": 1, "maxLength": 15] }
}
