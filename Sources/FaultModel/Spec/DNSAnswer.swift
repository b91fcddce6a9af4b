// What a faulted DNS query is answered with.

public enum DNSAnswer: SpecValue, Hashable {
    /// The name does not exist.
    case nxdomain
    /// The server could not find out.
    case servfail
    /// Nobody answers.
    case timeout
    /// An address that may be wrong.
    case address(CIDR)

    public init?(_ text: String) {
        switch text.lowercased() {
        case "nxdomain": self = .nxdomain
        case "servfail": self = .servfail
        case "timeout": self = .timeout
        default:
            guard !text.contains("/"), let address = CIDR(text: text) else { return nil }
            self = .address(address)
        }
    }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, let answer = DNSAnswer(text) else {
            throw ValueError("must be nxdomain, servfail, timeout, or an IPv4 or IPv6 address such as \"192.0.2.1\", not \(value.text())")
        }
        self = answer
    }

    public var text: String {
        switch self {
        case .nxdomain: "nxdomain"
        case .servfail: "servfail"
        case .timeout: "timeout"
        case .address(let address): address.text
        }
    }
    public var isAddress: Bool { if case .address = self { true } else { false } }
    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["nxdomain", "servfail", "timeout", "192.0.2.1"]] }
}
