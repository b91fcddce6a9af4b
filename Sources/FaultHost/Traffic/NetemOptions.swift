// What netem is told: `struct tc_netem_qopt` and its attributes (include/uapi/linux/pkt_sched.h).
import FaultModel

enum NetemOptions {
    // TCA_NETEM_CORR, TCA_NETEM_DELAY_DIST, TCA_NETEM_REORDER, TCA_NETEM_CORRUPT.
    private static let correlation: UInt16 = 1
    private static let distribution: UInt16 = 2
    private static let reorder: UInt16 = 3
    private static let corrupt: UInt16 = 4

    /// Packets that wait at most: ten times netem's own default, which loses packets at 100 ms of a fast link.
    static let limit: UInt32 = 10_000

    static func bytes(_ shape: NetemShape) -> [UInt8] {
        // Latency, limit, loss, gap, duplicate, jitter.
        var head = StructBytes(count: 24)
        head.set(
            each: [
                ticks(shape.delay), limit, 0, gap(shape), probability(shape.duplicate?.percent ?? 0), ticks(shape.jitter),
            ], at: 0)
        var body = NetlinkBody(head.bytes)
        // Delay, loss, duplicate.
        let correlations = [shape.delayCorrelation, 0, shape.duplicate?.correlation ?? 0]
        if correlations.contains(where: { $0 > 0 }) { body.add(correlation, numbers(correlations.map(probability))) }
        if let chance = shape.reorder { body.add(reorder, numbers(pair(chance))) }
        if let chance = shape.corrupt { body.add(corrupt, numbers(pair(chance))) }
        if let table = shape.distribution.flatMap(DelayTable.values) { body.add(distribution, numbers(table)) }
        return body.bytes
    }

    /// The kernel reorders only where there is a gap; 1 is by chance at every packet.
    private static func gap(_ shape: NetemShape) -> UInt32 { UInt32(shape.gap > 0 ? shape.gap : shape.reorder == nil ? 0 : 1) }

    private static func ticks(_ nanoseconds: Int64) -> UInt32 { TrafficMessages.ticks(UInt64(max(0, nanoseconds))) }

    /// A share of all 32-bit numbers.
    static func probability(_ percent: Double) -> UInt32 { UInt32((min(100, max(0, percent)) / 100 * Double(UInt32.max)).rounded()) }

    private static func pair(_ chance: NetemChance) -> [UInt32] { [probability(chance.percent), probability(chance.correlation)] }

    private static func numbers<T: FixedWidthInteger & BitwiseCopyable>(_ numbers: [T]) -> [UInt8] {
        var bytes = StructBytes(count: numbers.count * MemoryLayout<T>.size)
        bytes.set(each: numbers, at: 0)
        return bytes.bytes
    }
}
