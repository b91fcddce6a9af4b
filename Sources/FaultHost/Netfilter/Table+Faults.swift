// A fault's rules into one table, and the check that they took.
import FaultModel

extension Table {
    /// `iptables -A FAULTD-OUTPUT …` for each rule, below our jumps, in place of rules with the same mark.
    func put(_ rules: [PacketRule], of fault: FaultID, until stop: Datestop) throws(Problem) {
        _ = try delete(fault)
        for chain in PacketChain.used(by: rules) { try ensure(chain) }
        let builder = EntryBuilder(family)
        for rule in rules { try append(builder.entry(for: rule, mark: fault.mark, until: stop), to: rule.chain.ours) }
    }

    /// Throws unless exactly these rules are in the chains, end when they should, and the chains are passed first.
    func verify(_ rules: [PacketRule], of fault: FaultID, until stop: Datestop) throws(Problem) {
        guard datestops(of: fault) == [stop.second] else {
            throw Problem(.hostFailure, "\(program) has not taken over the end of the rules with the comment \(fault.mark)")
        }
        for chain in PacketChain.used(by: rules) {
            let wanted = rules.filter { $0.chain == chain }.count
            let found = positions(of: fault, in: chain.ours).count
            guard found == wanted else {
                throw Problem(.hostFailure, "\(program) has \(found) of \(wanted) rules in \(chain.ours) after they were put there")
            }
        }
        if let complaint = complaints(about: rules, of: fault).first { throw Problem(.hostFailure, complaint) }
    }

    /// What is wrong with the way packets take to the rules that are there, for people.
    func complaints(about rules: [PacketRule], of fault: FaultID) -> [String] {
        PacketChain.used(by: rules).filter { !positions(of: fault, in: $0.ours).isEmpty }.flatMap { chain in
            [complaint(aboutJumpTo: chain), complaint(aboutOrderIn: chain, fault)].compactMap { $0 }
        }
    }

    private func complaint(aboutJumpTo chain: PacketChain) -> String? {
        let found = jumps(to: chain)
        if found.first == 0 { return nil }
        let jump = "\(program): the jump from \(chain.rawValue) to \(chain.ours)"
        return found.isEmpty ? "\(jump) is gone, so its rules see no packet" : "\(jump) is no longer the first rule; rules before it win"
    }

    /// Rules of other faults before ours are no matter: those are in force as well.
    private func complaint(aboutOrderIn chain: PacketChain, _ fault: FaultID) -> String? {
        var (strangers, isBefore) = (0, false)
        forEachRule(of: chain.ours) { _, rule in
            if rule.fault == nil { strangers += 1 } else if rule.fault == fault, strangers > 0 { isBefore = true }
        }
        return isBefore ? "\(program): in \(chain.ours) somebody put a rule before the fault's, and it wins" : nil
    }
}
