// Our chains and the jumps to them.
import FaultModel

extension Table {
    /// Positions, in the built-in chain, of the jumps to ours. One at position 0 is what we want.
    func jumps(to chain: PacketChain) -> [Int] { jumps(to: chain, from: chain.rawValue) }

    /// The same in any chain: somebody may have moved them.
    private func jumps(to chain: PacketChain, from holder: String) -> [Int] {
        var positions: [Int] = []
        forEachRule(of: holder) { position, rule in
            if rule.hasComment(Self.jumpComment), target(of: rule) == chain.ours { positions.append(position) }
        }
        return positions
    }

    /// `iptables -N FAULTD-OUTPUT; iptables -I OUTPUT 1 -m comment --comment faultd -j FAULTD-OUTPUT`, as far as needed.
    /// A jump that others pushed down is taken out and put first again.
    func ensure(_ chain: PacketChain) throws(Problem) {
        if !hasChain(chain.ours) { try createChain(chain.ours) }
        let found = jumps(to: chain)
        if found == [0] { return }
        try delete(found, of: chain.rawValue)
        try insertFirst(EntryBuilder(family).jump(to: chain), into: chain.rawValue)
    }

    /// Removes the chain and the jump to it when no rule is left in it. Others may have put rules of theirs in, or jumps of theirs to
    /// it: those stay, and the chain with them.
    func removeIfEmpty(_ chain: PacketChain) throws(Problem) {
        guard hasChain(chain.ours), isEmpty(chain.ours) else { return }
        for holder in chains { try delete(jumps(to: chain, from: holder), of: holder) }
        if references(to: chain.ours) == 0 { try deleteChain(chain.ours) }
    }

    /// Whether `removeIfEmpty` would change anything.
    func isLeftOver(_ chain: PacketChain) -> Bool {
        guard hasChain(chain.ours), isEmpty(chain.ours) else { return false }
        return references(to: chain.ours) == 0 || chains.contains { !jumps(to: chain, from: $0).isEmpty }
    }

    private func isEmpty(_ chain: String) -> Bool {
        var count = 0
        forEachRule(of: chain) { _, _ in count += 1 }
        return count == 0
    }

    /// What keeps a chain of ours though no fault's rule is in it, for people.
    func strangers(in chain: PacketChain) -> String? {
        guard hasChain(chain.ours) else { return nil }
        var (ours, others) = (0, 0)
        forEachRule(of: chain.ours) { _, rule in
            if rule.fault == nil { others += 1 } else { ours += 1 }
        }
        if others > 0 { return "\(program): \(chain.ours) holds \(others) rule\(others == 1 ? "" : "s") that somebody else put there" }
        let kept = ours == 0 && references(to: chain.ours) > 0
        return kept ? "\(program): a rule that is not faultd's jumps to \(chain.ours), so the empty chain stays" : nil
    }
}
