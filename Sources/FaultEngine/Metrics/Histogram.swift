// A distribution of times as Prometheus counts it: how many were at most this long.
import FaultModel

public struct Histogram: Sendable, Hashable {
    /// Upper bounds in seconds, rising; what is above the last is only in `count`.
    public let bounds: [Double]
    /// For each bound, how many were above the one before and at most this.
    private var counts: [Int]
    public private(set) var count = 0
    /// Seconds.
    public private(set) var sum = 0.0

    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count)
    }

    public mutating func observe(_ span: Duration) {
        let seconds = Double(span.nanoseconds) / 1e9
        count += 1
        sum += seconds
        if let index = bounds.firstIndex(where: { seconds <= $0 }) { counts[index] += 1 }
    }

    /// For each bound, how many were at most that.
    public var cumulative: [Int] {
        var total = 0
        return counts.map { count in
            total += count
            return total
        }
    }
}
