// Tables by which netem draws delays that are not spread evenly.
import FaultModel
import Glibc

/// Each entry is a quantile of the distribution, in 8192ths of its standard deviation from its mean (NETEM_DIST_SCALE): the kernel picks one at
/// random, which is drawing by the inverse of the distribution function (Devroye: "Non-Uniform Random Variate Generation", 1986, chapter 2).
enum DelayTable {
    private static let size = 4096
    private static let scale = 8192.0

    /// Nil for the even spread, which the kernel has by itself.
    static func values(_ distribution: DelayDistribution) -> [Int16]? {
        switch distribution {
        case .uniform: nil
        case .normal: table(normal)
        case .pareto: table(pareto)
        // A bell with a long tail: a quarter of the one and three quarters of the other, quantile by quantile.
        case .paretonormal: table { 0.25 * normal($0) + 0.75 * pareto($0) }
        }
    }

    private static func table(_ quantile: (Double) -> Double) -> [Int16] {
        (0..<size).map { Int16(clamping: Int((quantile((Double($0) + 0.5) / Double(size)) * scale).rounded())) }
    }

    /// By halving: erfc has no inverse in the C library, and this is done once for a fault.
    private static func normal(_ share: Double) -> Double {
        var (low, high) = (-8.0, 8.0)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < share { low = middle } else { high = middle }
        }
        return low
    }

    /// Of shape 3 and scale 1, whose mean is 3/2 and whose variance is 3/4.
    private static func pareto(_ share: Double) -> Double { (pow(1 - share, -1.0 / 3) - 1.5) / 0.75.squareRoot() }
}
