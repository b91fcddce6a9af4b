// Our chains and the jumps to them.
import FaultModel

extension Table {
    /// `iptables -N FAULTD-OUTPUT; iptables -I OUTPUT 1 -m comment --comment faultd -j FAULTD-OUTPUT`, as far as needed.
    /// A jump that others pushed down is taken out and put first again.
    /// - Parameter sight: of the snapshot as it is.
    func ensure(_ chain: PacketChain, _ sight: TableSight) throws(Problem) {
        if !hasChain(chain.ours) { try createChain(chain.ours) }
        let found = sight.jumps[chain] ?? []
        if found == [0] { return }
        try delete(found, of: chain.rawValue)
        try insertFirst(EntryBuilder(family).jump(to: chain), into: chain.rawValue)
    }

    /// Positions of the jumps to one of our chains; somebody may have moved them to any chain.
    private func jumps(to chain: PacketChain, from holder: String) -> [Int] {
        var positions: [Int] = []
        forEachRule(of: holder) { position, rule in
            if rule.hasComment(Self.jumpComment), target(of: rule) == chain.ours { positions.append(position) }
        }
        return positions
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
}
