// The bytes of rules, against the numbers of the C structures.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct EntryBuilderTests {
    private let stop = Datestop(deadline: Timestamp(milliseconds: 1_800_000_000_000))

    @Test func `the layout is that of ipt_entry and ip6t_entry`() {
        let (four, six) = (EntryLayout.of(.ipv4), EntryLayout.of(.ipv6))
        #expect([four.size, four.source, four.destination, four.sourceMask, four.destinationMask] == [112, 0, 4, 8, 12])
        #expect([four.inInterface, four.outInterface, four.inInterfaceMask, four.outInterfaceMask] == [16, 32, 48, 64])
        #expect([four.proto, four.flags, four.inverse, four.targetOffset, four.nextOffset, four.counters] == [80, 82, 83, 88, 90, 96])
        #expect([six.size, six.source, six.destination, six.sourceMask, six.destinationMask] == [168, 0, 16, 32, 48])
        #expect([six.inInterface, six.outInterface, six.inInterfaceMask, six.outInterfaceMask] == [64, 80, 96, 112])
        #expect([six.proto, six.flags, six.inverse, six.targetOffset, six.nextOffset, six.counters] == [128, 131, 132, 140, 142, 152])
    }

    @Test(arguments: RichRules.all)
    func `sizes are multiples of eight and add up`(_ rule: PacketRule) {
        let entry = EntryBuilder(rule.family).entry(for: rule, mark: FaultID.test(1).mark, until: stop)
        let layout = EntryLayout.of(rule.family)
        entry.withUnsafeBytes { raw in
            let target = raw.load(fromByteOffset: layout.targetOffset, as: UInt16.self)
            let next = raw.load(fromByteOffset: layout.nextOffset, as: UInt16.self)
            #expect(Int(next) == entry.count && target % 8 == 0 && next % 8 == 0)
            #expect(Int(raw.load(fromByteOffset: Int(target), as: UInt16.self)) == entry.count - Int(target))
        }
    }

    @Test func `an entry is found again by its mark, and its end can be moved`() throws {
        let entry = EntryBuilder(.ipv6).entry(for: RichRules.ipv6[1], mark: FaultID.test(7).mark, until: stop)
        try entry.withUnsafeBytes { raw in
            let view = EntryView(base: try #require(raw.baseAddress), layout: .of(.ipv6))
            #expect(view.mark?.fault == .test(7) && view.mark == MarkKey(.test(7)) && view.bytes == entry)
            let offset = try #require(view.datestop)
            #expect(raw.load(fromByteOffset: offset, as: UInt32.self) == stop.second)
            #expect(Array(raw[view.targetName..<view.targetName + 7]) == Array("REJECT\0".utf8))
        }
    }

    @Test(arguments: ["faultd", "faultd:", "faultd:nonsense", "faultd:\(FaultID.test(1).text.lowercased())x", "xfaultd:\(FaultID.test(1))"])
    func `a comment that is no mark belongs to no fault`(_ comment: String) throws {
        let entry = EntryBuilder(.ipv4).entry(for: .drop(to: 1), mark: comment, until: stop)
        try entry.withUnsafeBytes { raw in
            let view = EntryView(base: try #require(raw.baseAddress), layout: .of(.ipv4))
            #expect(view.mark == nil)
        }
    }

    @Test func `a multiport range takes two places, its first one flagged`() {
        let match = PortMatch([PortRange(80, 80), PortRange(1000, 2000)], negated: true)
        let info = RulesUnderTest.multiport(match)
        #expect(info.count == 48 && info[1] == 3)
        #expect(Array(info[2..<8]) == [80, 0, 0xE8, 0x03, 0xD0, 0x07])
        #expect(Array(info[32..<36]) == [0, 1, 0, 0] && info[47] == 1)
    }

    @Test func `names that fill a header are cut before its revision`() {
        let bytes = Extension(name: String(repeating: "n", count: 40), revision: 3, info: [1]).bytes
        #expect(bytes.count == 40 && bytes[30] == 0 && bytes[31] == 3 && bytes[32] == 1)
    }
}

enum RulesUnderTest {
    /// The parameters of the multiport match that a rule with these destination ports gets.
    static func multiport(_ match: PortMatch) -> [UInt8] {
        let rule = PacketRule.make(.output) {
            $0.proto = ProtocolMatch(ProtocolMatch.tcp)
            $0.destinationPorts = match
        }
        return rule.matches(mark: "", until: Datestop(deadline: .init(milliseconds: 0))).first { $0.name == "multiport" }?.info ?? []
    }
}
