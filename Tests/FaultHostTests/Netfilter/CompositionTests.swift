// Faults compose: ending one leaves the others exactly in force, in whatever order they end.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct CompositionTests {
        /// Ten faults that share chains and families; some of them have rules that others have too.
        private let faults: [[PacketRule]] = [
            [.drop(to: 443)],
            [.drop(to: 443), .drop(to: 443, .output, .ipv6)],
            [.drop(to: 53, .input)],
            Array(RichRules.ipv4.prefix(5)),
            RichRules.ipv6,
            [.drop(to: 1, .forward), .drop(to: 1, .input), .drop(to: 1, .output)],
            [.drop(to: 80, .forward, .ipv6)],
            Array(RichRules.ipv4.suffix(6)),
            [.make(.output, .reject(.adminProhibited))],
            [.drop(ProtocolMatch.udp, to: 53), .drop(ProtocolMatch.udp, to: 53, .output, .ipv6)],
        ]

        @Test(
            arguments: [
                [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], [4, 0, 9, 2, 7, 5, 1, 8, 3, 6], [5, 6, 4, 3, 2, 8, 0, 9, 7, 1],
            ], Tables.both)
        func `ten faults end in any order`(_ order: [Int], _ kind: PacketTables) async throws {
            try await Tables.with(kind) { tables in
                try tables.shell.expect(kind == .iptables ? "iptables-legacy-restore" : "iptables-nft-restore", input: Goldens.foreign)
                let before = try tables.saved()
                var undos: [PacketUndo] = []
                for (number, rules) in faults.enumerated() {
                    let rules = rules.filter { !RichRules.all.contains($0) || RichRules.of(kind).contains($0) }
                    undos.append(try await tables.inject(rules, as: .test(UInt16(number))))
                }
                var expected = try tables.saved()
                for number in order {
                    #expect(try await tables.backend.revert(undos[number]).result == .restored)
                    expected = kind == .iptables ? without(undos[number].fault.mark, expected) : without(blocksOf: undos[number].fault, expected)
                    #expect(try tables.saved() == expected)
                }
                #expect(expected == before)
            }
        }

        /// A ruleset without the rules and the set of a fault, and without chains of ours and our table where they were the last.
        private func without(blocksOf fault: FaultID, _ text: String) -> String {
            var (kept, isInside): ([Substring], Bool) = ([], false)
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) where !line.contains(fault.mark) {
                if line.hasSuffix("-\(fault) {") { isInside = true }
                if !isInside { kept.append(line) }
                if line == "\t}", isInside { isInside = false }
                let block = kept.suffix(3)
                if block.count == 3, block.last == "\t}", block[block.startIndex + 1].hasSuffix("priority filter - 1; policy accept;") {
                    kept.removeLast(3)
                }
            }
            let joined = kept.joined(separator: "\n").replacing(/\n\n+/, with: "\n\n").replacing("{\n\n", with: "{\n").replacing("\n\n}", with: "\n}")
            return joined.replacing("table inet faultd {\n}\n", with: "")
        }

        /// Both tables without the lines that carry the mark, and without the chains, and jumps to them, that are then empty.
        private func without(_ mark: String, _ text: String) -> String {
            text.split(separator: "COMMIT\n").filter { !$0.isEmpty }.map { table in
                var lines = table.split(separator: "\n").filter { !$0.contains(mark) }
                for chain in PacketChain.allCases where !lines.contains(where: { $0.hasPrefix("-A \(chain.ours) ") }) {
                    lines.removeAll { $0.hasPrefix(":\(chain.ours) ") || $0.hasSuffix("-j \(chain.ours)") }
                }
                return (lines + ["COMMIT\n"]).joined(separator: "\n")
            }.joined()
        }
    }
}
