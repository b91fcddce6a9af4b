// What a unit may use at most, in systemd's words (systemd.resource-control(5)).

public struct UnitLimit: Sendable, Hashable, Codable {
    public enum Property: String, Sendable, Hashable, Codable, CaseIterable {
        /// Hundredths of a percent of one CPU.
        case cpuQuota = "CPUQuota"
        /// Bytes.
        case memoryMax = "MemoryMax"
        case memoryHigh = "MemoryHigh"
        case tasksMax = "TasksMax"
        /// Bytes a second.
        case ioReadBandwidthMax = "IOReadBandwidthMax"
        case ioWriteBandwidthMax = "IOWriteBandwidthMax"
        /// Operations a second.
        case ioReadIOPSMax = "IOReadIOPSMax"
        case ioWriteIOPSMax = "IOWriteIOPSMax"

        /// The controller of the kernel that enforces it (cgroups(7)), as cgroup v2 calls it.
        public var controller: String {
            switch self {
            case .cpuQuota: "cpu"
            case .memoryMax, .memoryHigh: "memory"
            case .tasksMax: "pids"
            case .ioReadBandwidthMax, .ioWriteBandwidthMax, .ioReadIOPSMax, .ioWriteIOPSMax: "io"
            }
        }

        /// The manager's name of it on the bus.
        public var busName: String { self == .cpuQuota ? "CPUQuotaPerSecUSec" : rawValue }
    }
    public var property: Property
    public var value: Int64
    /// A device, or a file on it, where the limit is of one device.
    public var path: String?

    public init(_ property: Property, _ value: Int64, path: String? = nil) {
        self.property = property
        self.value = value
        self.path = path
    }

    /// As a unit file has it: `CPUQuota=20%`, `IOReadBandwidthMax=/srv 1000000`.
    public var text: String {
        if property == .cpuQuota { return "CPUQuota=\(Self.percent(value))%" }
        return "\(property.rawValue)=\(path.map { $0 + " " } ?? "")\(value)"
    }

    /// `20`, `12.5`: of hundredths.
    static func percent(_ hundredths: Int64) -> String {
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(whole)" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// A share of one CPU such as `20%`; more than 100 is more than one CPU.
public struct CPUShare: SpecValue, Hashable {
    public var hundredths: Int64

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, text.hasSuffix("%"), let percent = Double(text.dropLast()), percent >= 0.01, percent <= 100_000 else {
            throw ValueError("must be a share of one CPU such as \"20%\", at least 0.01%, not \(value.text())")
        }
        hundredths = Int64((percent * 100).rounded())
    }

    public var spec: JSONValue { .string(UnitLimit.percent(hundredths) + "%") }
    public static var schema: JSONValue { ["type": "string", "pattern": "^[0-9.]+%$", "examples": ["20%", "150%"]] }
}

/// A device or a path on it, and how much a second: `/srv 1M`. For bytes and operations alike K is 1000, as unit files have it here.
public struct DeviceRate: SpecValue, Hashable {
    public var path: String
    public var rate: Int64

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        let words = (value.stringValue ?? "").split(separator: " ")
        guard words.count == 2, words[0].hasPrefix("/"), let rate = Self.parse(String(words[1])), rate > 0,
            !words[0].unicodeScalars.contains(where: { $0.value < 0x21 || $0.value == 0x7f || $0 == "%" || $0 == "\"" || $0 == "'" || $0 == "\\" })
        else { throw ValueError("must be a path and a rate such as \"/var/lib/docker 1M\" (K, M, G are powers of 1000), not \(value.text())") }
        path = String(words[0])
        self.rate = rate
    }

    public var spec: JSONValue { .string("\(path) \(rate)") }
    public static var schema: JSONValue { ["type": "string", "examples": ["/dev/sda 1M", "/var/lib/docker 500K"]] }

    /// Digits and a suffix; nil for anything else, and for more than an Int64 holds.
    private static func parse(_ text: String) -> Int64? {
        let power = text.last.flatMap { ["K": 1, "M": 2, "G": 3, "T": 4][$0] }
        guard let number = Int64(power == nil ? text[...] : text.dropLast()) else { return nil }
        var value = number
        for _ in 0..<(power ?? 0) {
            let (product, isTooMuch) = value.multipliedReportingOverflow(by: 1000)
            if isTooMuch { return nil }
            value = product
        }
        return value
    }
}
