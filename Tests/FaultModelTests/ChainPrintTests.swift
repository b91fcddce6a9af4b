// Comparing what others have with what they had.
import Foundation
import Testing

@testable import FaultModel

@Suite struct ChainPrintTests {
    private let before = ChainPrint(family: .ipv4, chain: .input, policy: "ACCEPT", rules: 1, digest: "a")

    private func drift(_ change: (inout ChainPrint) -> Void) -> [String] {
        var now = before
        change(&now)
        return before.drift(to: now, program: "iptables")
    }

    @Test func everyDifferenceIsToldWithWhoseItIs() {
        #expect(drift { _ in } == [])
        #expect(drift { $0.policy = "DROP" } == ["iptables INPUT: the policy was ACCEPT and is DROP: somebody else changed it"])
        let counted = drift {
            $0.rules = 2
            $0.digest = "b"
        }
        #expect(counted == ["iptables INPUT: 1 rule of others before, 2 now: somebody else changed them"])
        let replaced = "iptables INPUT: the rules of others, 1, are not the same or not in the same order: somebody else changed them"
        #expect(drift { $0.digest = "b" } == [replaced])
    }

    /// What an earlier version journaled has no fingerprint, and no drift beside a change.
    @Test func olderRecordsCanBeRead() throws {
        let id = try #require(FaultID("01JD6W0K7Z0000000000000000"))
        let change = PacketChange(rules: [PacketRule(family: .ipv4, chain: .output, verdict: .drop)])
        let record = ChangeRecord(change: .packets(change), undo: .packets(PacketUndo(fault: id, rules: change.rules)))
        let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        #expect(!text.contains("before") && !text.contains("drift"))
        #expect(try JSONDecoder().decode(ChangeRecord.self, from: Data(text.utf8)) == record)
    }
}
