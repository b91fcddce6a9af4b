// What happens to the packets that a traffic fault hits, in the words of tc-netem(8) and tc-tbf(8).

public enum TrafficShape: Sendable, Hashable, Codable {
    case netem(NetemShape)
    case rate(RateShape)

    public var text: String {
        switch self {
        case .netem(let shape): shape.text
        case .rate(let shape): shape.text
        }
    }
}

/// How delays spread around their mean (tc-netem(8)).
public enum DelayDistribution: String, SpecWord, Sendable, Hashable {
    case uniform, normal, pareto, paretonormal
}

/// A share of packets in percent, and how much each depends on the one before.
public struct NetemChance: Sendable, Hashable, Codable {
    public var percent: Double
    public var correlation: Double

    public init(percent: Double, correlation: Double = 0) {
        self.percent = percent
        self.correlation = correlation
    }

    fileprivate var text: String { Self.text(percent) + (correlation > 0 ? " \(Self.text(correlation))" : "") }

    /// `25%`, `0.1%`.
    fileprivate static func text(_ percent: Double) -> String { (Int(exactly: percent).map(String.init) ?? String(percent)) + "%" }
}

/// What the kernel's network emulator does.
public struct NetemShape: Sendable, Hashable, Codable {
    /// Nanoseconds, as everything of time here.
    public var delay: Int64 = 0
    public var jitter: Int64 = 0
    public var distribution: DelayDistribution?
    /// Percent.
    public var delayCorrelation = 0.0
    public var corrupt: NetemChance?
    public var duplicate: NetemChance?
    public var reorder: NetemChance?
    /// Every so many packets one is sent at once; 0 is by chance alone.
    public var gap = 0

    public init() {}

    public var text: String {
        var words = ["netem"]
        if delay > 0 {
            words += ["delay", Duration.nanoseconds(delay).text]
            if jitter > 0 { words.append(Duration.nanoseconds(jitter).text) }
            if delayCorrelation > 0 { words.append(NetemChance.text(delayCorrelation)) }
            if let distribution, distribution != .uniform { words += ["distribution", distribution.rawValue] }
        }
        if let corrupt { words += ["corrupt", corrupt.text] }
        if let duplicate { words += ["duplicate", duplicate.text] }
        if let reorder { words += ["reorder", reorder.text] }
        if gap > 0 { words += ["gap", String(gap)] }
        return words.joined(separator: " ")
    }
}

/// A token bucket with a queue behind it.
public struct RateShape: Sendable, Hashable, Codable {
    public var rate: BitRate
    /// What may be sent at once after a pause.
    public var burst: TrafficBytes
    /// What waits at most; packets beyond that are dropped.
    public var limit: TrafficBytes

    public init(rate: BitRate, burst: TrafficBytes, limit: TrafficBytes) {
        self.rate = rate
        self.burst = burst
        self.limit = limit
    }

    public var text: String { "tbf rate \(rate.text) burst \(burst.text) limit \(limit.text)" }
}
