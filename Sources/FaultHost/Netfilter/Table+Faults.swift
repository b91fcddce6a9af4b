// Faults' rules into one table and out of it, in a snapshot that is not sent yet.
import FaultModel

/// What a fault is to have in one table.
struct FaultRules {
    var fault: FaultID
    var rules: [PacketRule]
    var stop: Datestop
}

extension Table {
    /// `iptables -A FAULTD-OUTPUT …` for each rule, below our jumps, in place of rules with the same marks.
    func put(_ wanted: [FaultRules]) throws(Problem) {
        var sight = sight(of: Set(wanted.map { MarkKey($0.fault) }))
        if !sight.marked.isEmpty {
            try delete(sight)
            sight = self.sight(of: [])
        }
        for chain in PacketChain.used(by: wanted.flatMap(\.rules)) { try ensure(chain, sight) }
        let builder = EntryBuilder(family)
        for item in wanted {
            for rule in item.rules { try append(builder.entry(for: rule, mark: item.fault.mark, until: item.stop), to: rule.chain.ours) }
        }
    }

    /// `iptables -D` for every rule that is noted.
    func delete(_ sight: TableSight) throws(Problem) {
        try forEachChain(of: sight) { (chain, rules) throws(Problem) in try delete(rules.map(\.position), of: chain) }
    }

    /// Gives every rule that is noted its fault's other end, in its place and with its counters.
    func move(_ sight: TableSight, to stops: [MarkKey: Datestop]) throws(Problem) {
        let noted = Set(sight.marked.keys)
        try forEachChain(of: sight) { (chain, _) throws(Problem) in
            for (position, entry) in entries(of: noted, in: chain, endingAt: stops) { try replace(position, of: chain, by: entry) }
        }
    }

    private func forEachChain(of sight: TableSight, _ body: (String, [TableSight.Rule]) throws(Problem) -> Void) throws(Problem) {
        for (chain, rules) in Dictionary(grouping: sight.marked.values.joined(), by: \.chain) { try body(sight.chains[chain], rules) }
    }

    private func entries(of faults: Set<MarkKey>, in chain: String, endingAt stops: [MarkKey: Datestop]) -> [(Int, [UInt8])] {
        var entries: [(Int, [UInt8])] = []
        forEachRule(of: chain) { position, rule in
            guard let mark = rule.mark, faults.contains(mark), let stop = stops[mark], let offset = rule.datestop else { return }
            var copy = StructBytes(rule.bytes)
            copy.set(stop.second, at: offset)
            // A snapshot has a verdict as a number, and whatever was in memory behind the end of the empty name; libiptc wants the name.
            copy.set(each: Extension.nameBytes(target(of: rule)), at: rule.targetName)
            entries.append((position, copy.bytes))
        }
        return entries
    }
}
