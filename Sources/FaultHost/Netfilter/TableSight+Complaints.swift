// Whether a fault's rules are there as they should be, and what is wrong with the way that packets take to them.
import FaultModel

extension TableSight {
    /// Throws unless exactly these rules are in the chains, end when they should, and the chains are passed first.
    func verify(_ wanted: FaultRules) throws(Problem) {
        guard Set(rules(of: wanted.fault).compactMap(\.stop)) == [wanted.stop.second] else {
            throw Problem(.hostFailure, "\(program) has not taken over the end of the rules with the comment \(wanted.fault.mark)")
        }
        for chain in PacketChain.used(by: wanted.rules) {
            let (count, found) = (wanted.rules.count { $0.chain == chain }, rules(of: wanted.fault, below: chain).count)
            guard found == count else {
                throw Problem(.hostFailure, "\(program) has \(found) of \(count) rules in \(chain.ours) after they were put there")
            }
        }
        if let complaint = complaints(about: wanted.rules, of: wanted.fault).first { throw Problem(.hostFailure, complaint) }
    }

    /// What is wrong with the way packets take to the rules that are there, for people.
    func complaints(about rules: [PacketRule], of fault: FaultID) -> [String] {
        PacketChain.used(by: rules).flatMap { chain -> [String] in
            guard let last = self.rules(of: fault, below: chain).last else { return [] }
            return [complaint(aboutJumpTo: chain), complaint(aboutOrderIn: chain, last: last.position)].compactMap { $0 }
        }
    }

    private func complaint(aboutJumpTo chain: PacketChain) -> String? {
        let found = jumps[chain] ?? []
        if found.first == 0 { return nil }
        let jump = "\(program): the jump from \(chain.rawValue) to \(chain.ours)"
        return found.isEmpty ? "\(jump) is gone, so its rules see no packet" : "\(jump) is no longer the first rule; rules before it win"
    }

    /// Rules of other faults before ours are no matter: those are in force as well.
    private func complaint(aboutOrderIn chain: PacketChain, last: Int) -> String? {
        guard let stranger = own[chain]?.firstStranger, stranger < last else { return nil }
        return "\(program): in \(chain.ours) somebody put a rule before the fault's, and it wins"
    }

    /// What keeps chains of ours though no fault's rule is in them, for people.
    var strangers: [String] { PacketChain.allCases.compactMap(strangers) }

    private func strangers(in chain: PacketChain) -> String? {
        guard let found = own[chain] else { return nil }
        let others = found.strangers
        if others > 0 { return "\(program): \(chain.ours) holds \(others) rule\(others == 1 ? "" : "s") that somebody else put there" }
        let kept = found.rules == 0 && found.references > 0
        return kept ? "\(program): a rule that is not faultd's jumps to \(chain.ours), so the empty chain stays" : nil
    }
}
