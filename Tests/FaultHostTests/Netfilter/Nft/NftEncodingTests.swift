// Rules as faultd encodes them are those that nft(8) makes of the text that a fault shows, byte by byte.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct NftEncodingTests {
        /// Of one rule: its chain, its expressions as the kernel tells them, and what nft(8) keeps with it.
        private struct Encoded: Hashable {
            var chain: String
            var expressions: [UInt8]
            var userdata: [UInt8]
        }

        @Test func `the kernel holds the same for faultd's rules and for their text`() async throws {
            try await Tables.with(.nftables) { tables in
                let rules = RichRules.of(.nftables) + RulePool.rules(300)
                let undo = try await tables.inject(rules, as: .test(1))
                let mine = (try encoded("faultd"), try tables.shell.expect("nft list table inet faultd"))
                let steps = try #require(undo.stepsTaken(lease: .seconds(60))).map { $0.apply.dropFirst(5).dropLast() }
                try tables.shell.expect("nft delete table inet faultd && nft -f -", input: steps.joined(separator: "\n"))
                let theirs = (try encoded("faultd"), try tables.shell.expect("nft list table inet faultd"))
                #expect(mine.0.count == rules.count && theirs.0.count == rules.count)
                for (mine, theirs) in zip(mine.0, theirs.0) where mine != theirs { Issue.record("\(mine)\n\(theirs)") }
                #expect(Self.timeless(mine.1) == Self.timeless(theirs.1))
                try tables.shell.expect("nft delete table inet faultd")
            }
        }

        private static func timeless(_ text: String) -> String { text.replacing(/timeout \w+ expires \w+/, with: "") }

        /// Sets without a name are numbered by the kernel, differently each time.
        private func encoded(_ table: String) throws -> [Encoded] {
            try NftConnection().list(.getRule, { $0.add(1, table) }) { _, body in
                Encoded(
                    chain: body.attribute(2)?.zeroTerminated ?? "", expressions: Self.unnumbered(body.attribute(4).map(Array.init) ?? []),
                    userdata: body.attribute(7).map(Array.init) ?? [])
            }
        }

        private static func unnumbered(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            let name = Array("__set".utf8)
            for start in bytes.indices.dropLast(name.count) where bytes[start..<start + name.count].elementsEqual(name) {
                for digit in (start + name.count)..<bytes.count where (0x30...0x39).contains(bytes[digit]) { bytes[digit] = 0x30 }
            }
            return bytes
        }
    }
}

/// Rules of every shape that can be expressed, by chance.
enum RulePool {
    static func rules(_ count: Int) -> [PacketRule] {
        var random = SplitMix64(seed: 7)
        var rules: [PacketRule] = []
        while rules.count < count {
            let rule = rule(&random)
            if (try? rule.checkExpressibleByNft()) != nil { rules.append(rule) }
        }
        return rules
    }

    private static func rule(_ random: inout SplitMix64) -> PacketRule {
        let family = IPFamily.allCases.randomElement(using: &random) ?? .ipv4
        let verdicts: [Verdict] = [
            .drop, .reject(.portUnreachable), .reject(.hostUnreachable), .reject(.netUnreachable), .reject(.adminProhibited), .reject(.tcpReset),
        ]
        var rule = PacketRule(
            family: family, chain: [.input, .output, .forward].randomElement(using: &random) ?? .input,
            verdict: verdicts.randomElement(using: &random) ?? .drop)
        let protocols: [UInt8?] = [nil, 6, 17, 132, 33, 136, 1, 58, 47]
        rule.proto = (protocols.randomElement(using: &random) ?? nil).map { ProtocolMatch($0, negated: Bool.random(using: &random)) }
        rule.source = network(family, &random)
        rule.destination = network(family, &random)
        rule.sourcePorts = ports(&random)
        rule.destinationPorts = ports(&random)
        rule.originalDestination = network(family, &random)
        if Int.random(in: 0..<4, using: &random) == 0 { rule.originalDestinationPorts = range(&random) }
        let names = [nil, "lo", "veth+", "a23456789012345", "e"].map { $0.map { InterfaceMatch($0, negated: .random(using: &random)) } }
        rule.inInterface = names.randomElement(using: &random) ?? nil
        rule.outInterface = names.randomElement(using: &random) ?? nil
        switch Int.random(in: 0..<4, using: &random) {
        case 0: rule.every = Int.random(in: 2...1000, using: &random)
        case 1: rule.probability = Double.random(in: 0.001..<0.999, using: &random)
        default: break
        }
        return rule
    }

    private static func network(_ family: IPFamily, _ random: inout SplitMix64) -> CIDR? {
        guard Int.random(in: 0..<3, using: &random) == 0 else { return nil }
        let width = family == .ipv4 ? 4 : 16
        return CIDR(
            family: family, bytes: (0..<width).map { _ in .random(in: 1...254, using: &random) }, prefix: .random(in: 1...width * 8, using: &random))
    }

    private static func range(_ random: inout SplitMix64) -> PortRange {
        let low = UInt16.random(in: 1...65535, using: &random)
        return Bool.random(using: &random) ? PortRange(low, low) : PortRange(low, .random(in: low...65535, using: &random))
    }

    private static func ports(_ random: inout SplitMix64) -> PortMatch? {
        guard Bool.random(using: &random) else { return nil }
        // Apart, since nft refuses those that overlap.
        let ends = Set((0..<Int.random(in: 1...6, using: &random)).map { _ in UInt16.random(in: 0...32766, using: &random) }).sorted()
        let ranges = ends.map { PortRange($0 * 2 + 1, Bool.random(using: &random) ? $0 * 2 + 1 : $0 * 2 + 2) }
        return PortMatch(Array(ranges.prefix(7)), negated: .random(using: &random))
    }
}

@Suite struct NftPortElementTests {
    private func text(_ ranges: [PortRange]) -> [String] {
        NftPortElement.all(ranges).map { "\($0.isEnd ? "end " : "")\($0.port)\($0.isOpen ? " open" : "")" }
    }

    @Test func `a set of ports is what ends and begins`() {
        #expect(text([PortRange(80, 80), PortRange(8000, 8099)]) == ["end 0", "80", "end 81", "8000", "end 8100"])
        #expect(text([PortRange(3, 3), PortRange(1, 2), PortRange(7, 9), PortRange(8, 8)]) == ["end 0", "1", "end 4", "7", "end 10"])
        #expect(text([PortRange(0, 5), PortRange(6, 65535)]) == ["0 open"])
        #expect(text([PortRange(546, 546), PortRange(68, 68), PortRange(68, 68)]) == ["68", "546"])
    }

    @Test func `a comment is found among what else nft keeps with a rule`() {
        let mark = FaultID.test(1).mark
        let bytes: [UInt8] = [7, 3, 1, 2, 3] + NftComment.bytes(mark)
        #expect(bytes.withUnsafeBytes { NftComment.text($0) } == mark)
        for length in 0..<bytes.count { _ = bytes.prefix(length).withUnsafeBytes { NftComment.text($0) } }
        #expect([UInt8]([7, 200, 1]).withUnsafeBytes { NftComment.text($0) } == nil)
    }
}
