// Messages of traffic control byte by byte, as tc sends them.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct TrafficMessagesTests {
    private func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    @Test func aRootQdiscIsAsked() {
        let message = TrafficMessages.root(on: 7, defaultClass: 1)
        #expect(hex(message.bytes.prefix(16)) == "50000000" + "2400" + "0506" + "00000000" + "00000000")
        // The interface, handle fa17:, parent root; then the kind, and htb's version 3, r2q 10 and default class.
        #expect(hex(message.body.prefix(20)) == "00000000" + "07000000" + "000017fa" + "ffffffff" + "00000000")
        #expect(hex(message.body[20..<28]) == "08000100" + "68746200")
        #expect(hex(message.body[28...]) == "24000200" + "18000200" + "03000000" + "0a000000" + "01000000" + "0000000000000000" + "08000500e8030000")
    }

    @Test func aFilterIsAsked() {
        let match = TrafficMatch(.ipv4, proto: 6)
        let message = TrafficMessages.filter(on: 7, parent: 0xFA17_0000, priority: 4, match, to: .classid(0xFA17_0001))
        // Priority 4, protocol 0x0800 in the order of the wire.
        #expect(hex(message.body[8..<20]) == "00000000" + "000017fa" + "08000400")
        #expect(hex(message.body[20..<28]) == "08000100" + "75333200")
        let selector = "24000500" + "0100010000000000" + "0000000000000000" + "00ff0000" + "00060000" + "08000000" + "00000000"
        #expect(hex(message.body[28...]) == "30000200" + "08000100" + "010017fa" + selector)
    }

    @Test func aMarkIsFoundAgain() throws {
        let fault = try #require(FaultID("01JD6W0K7Z0000000000AAAA11"))
        let body = TrafficMessages.mark(fault, on: 7, parent: 0xFA17_0000).body
        let found = body.withUnsafeBytes { body in
            Netlink.slice(body, 20, body.count).attribute(2)?.attribute(5).flatMap(TrafficMessages.mark(inSelector:))
        }
        #expect(found == fault)
        let other = TrafficMessages.filter(on: 7, parent: 0xFA17_0000, priority: 4, TrafficMatch(.ipv4), to: .classid(1)).body
        #expect(
            other.withUnsafeBytes { Netlink.slice($0, 20, $0.count).attribute(2)?.attribute(5).flatMap(TrafficMessages.mark(inSelector:)) } == nil)
    }

    @Test func netemIsAsked() {
        var shape = NetemShape()
        shape.delay = 100_000_000
        shape.jitter = 10_000_000
        shape.delayCorrelation = 50
        shape.corrupt = NetemChance(percent: 100)
        // 100 ms are 1,562,500 ticks of 64 ns, 10 ms are 156,250; the limit is 10,000 packets.
        let head = "84d71700" + "10270000" + "00000000" + "00000000" + "00000000" + "5a620200"
        #expect(hex(NetemOptions.bytes(shape)) == head + "10000100" + "00000080" + "00000000" + "00000000" + "0c000400" + "ffffffff" + "00000000")
    }

    @Test func reorderingByChanceAloneHasAGapOfOne() {
        var shape = NetemShape()
        shape.reorder = NetemChance(percent: 25)
        #expect(hex(NetemOptions.bytes(shape)[12..<16]) == "01000000")
        shape.gap = 5
        #expect(hex(NetemOptions.bytes(shape)[12..<16]) == "05000000")
    }

    @Test func aBucketIsAsked() {
        let shape = RateShape(rate: BitRate(bitsPerSecond: 8_000_000), burst: TrafficBytes(16_384), limit: TrafficBytes(100_000))
        let body = TrafficMessages.leaf(on: 7, .rate(shape)).body
        // 1 MB/s with the link layer Ethernet; the burst takes 16.384 ms, which are 256,000 ticks.
        let parameters = "00010000" + "00000000" + "40420f00" + "000000000000000000000000" + "a0860100" + "00e80300" + "00000000"
        #expect(hex(body[28...]) == "34000200" + "28000100" + parameters + "0800060000400000")
    }

    @Test(arguments: [DelayDistribution.normal, .pareto, .paretonormal]) func aTableHasTheMeanAndTheSpreadThatNetemScales(_ item: DelayDistribution)
        throws
    {
        let values = try #require(DelayTable.values(item)).map(Double.init)
        #expect(values.count == 4096)
        #expect(values == values.sorted())
        let mean = values.reduce(0, +) / 4096 / 8192
        let spread = (values.map { ($0 / 8192 - mean) * ($0 / 8192 - mean) }.reduce(0, +) / 4096).squareRoot()
        // The tail beyond four deviations does not fit into 16 bits.
        #expect(abs(mean) < 0.06, "\(mean)")
        #expect(spread > 0.7 && spread < 1.01, "\(spread)")
    }

    @Test func aNormalTableIsTheBell() throws {
        let values = try #require(DelayTable.values(.normal))
        #expect(values[2047] < 0 && values[2048] > 0 && abs(Int(values[2048])) < 10)
        // One standard deviation is at 84.13 percent.
        #expect(abs(Int(values[3446]) - 8192) < 20)
        #expect(DelayTable.values(.uniform) == nil)
    }

    @Test func whatTheySayNobodyReadsBeyondTheEnd() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...80)).map { _ in Bool.random() ? 0 : UInt8.random(in: 0...40, using: &random) }
            bytes.withUnsafeBytes { raw in
                _ = TrafficSight.parse(raw)
                _ = LinkMessages.parse(raw)
                _ = TrafficMessages.mark(inSelector: raw)
                _ = LinkTables.parse(.route, raw).map(\.identity)
                _ = LinkTables.interfaces(bytes)
            }
        }
    }
}
