// Rates, amounts and ports as bits.
import FaultModel
import Testing

@Suite struct TrafficTests {
    @Test(arguments: [("1mbit", 1_000_000), ("1.5mbit", 1_500_000), ("500kbit", 500_000), ("1gbit", 1_000_000_000), ("8000bit", 8000)])
    func ratesAreRead(_ item: (String, UInt64)) throws {
        #expect(try BitRate(spec: .string(item.0), lenient: false).bitsPerSecond == item.1)
    }

    @Test(arguments: ["1", "1mb", "mbit", "-1mbit", "1bit", "500gbit", "1e3kbit"]) func ratesWithoutAUnitOrOutOfReachAreRefused(_ text: String) {
        #expect(throws: ValueError.self) { try BitRate(spec: .string(text), lenient: true) }
    }

    @Test func aRateIsToldInItsLargestUnit() {
        #expect([1_000_000, 1_500_000, 8_001].map { BitRate(bitsPerSecond: $0).text } == ["1mbit", "1500kbit", "8001bit"])
    }

    @Test func amountsAreReadAndTold() throws {
        #expect(try TrafficBytes(spec: "32kb", lenient: false).count == 32_768)
        #expect(try TrafficBytes(spec: "1600b", lenient: false).text == "1600b")
        #expect(throws: ValueError.self) { try TrafficBytes(spec: "1600", lenient: true) }
        #expect(throws: ValueError.self) { try TrafficBytes(spec: "999999mb", lenient: true) }
    }

    @Test(arguments: [PortRange(443, 443), PortRange(8000, 8099), PortRange(1, 65535), PortRange(0, 65535), PortRange(32767, 32768)])
    func bitsAreExactlyTheRange(_ range: PortRange) {
        let bits = PortBits.covering(range)
        for port in UInt16.min...UInt16.max {
            let count = bits.count { port & $0.mask == $0.value }
            if count != (port >= range.low && port <= range.high ? 1 : 0) { Issue.record("\(port) is matched \(count) times") }
        }
        #expect(bits.count <= 30)
    }

    @Test func keysSayWhereInThePacketTheyLook() throws {
        let four = TrafficMatch(
            .ipv4, destination: CIDR(text: "10.99.0.0/16"), proto: ProtocolMatch.tcp, destinationPorts: PortBits(value: 443, mask: .max))
        #expect(
            four.text == """
                protocol ip u32 match u32 0x0a630000 0xffff0000 at 16 match u32 0x00060000 0x00ff0000 at 8 match u32 0x05000000 0x0f000000 at 0 \
                match u32 0x00000000 0x00001fff at 4 match u32 0x000001bb 0x0000ffff at 20
                """)
        let six = TrafficMatch(.ipv6, source: CIDR(text: "fd00::/40"), proto: ProtocolMatch.udp, sourcePorts: PortBits(value: 53, mask: .max))
        #expect(
            six.text == """
                protocol ipv6 u32 match u32 0xfd000000 0xffffffff at 8 match u32 0x00000000 0xff000000 at 12 match u32 0x00001100 0x0000ff00 at 4 \
                match u32 0x00350000 0xffff0000 at 40
                """)
        #expect(TrafficMatch(.ipv4).text == "protocol ip u32 match u32 0x00000000 0x00000000 at 0")
    }

    @Test func netemIsToldInItsOwnWords() {
        var shape = NetemShape()
        shape.delay = 100_000_000
        shape.jitter = 10_000_000
        shape.distribution = .normal
        shape.delayCorrelation = 25
        #expect(shape.text == "netem delay 100ms 10ms 25% distribution normal")
        var other = NetemShape()
        other.corrupt = NetemChance(percent: 0.1, correlation: 25)
        other.duplicate = NetemChance(percent: 1)
        #expect(other.text == "netem corrupt 0.1% 25% duplicate 1%")
    }
}
