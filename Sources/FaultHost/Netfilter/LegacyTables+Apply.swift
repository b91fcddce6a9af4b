// Faults' rules into the tables, and their kernel's end moved.
import FaultModel

extension LegacyTables {
    func apply(_ wanted: [PacketApplication]) -> [Result<Evidence, Problem>] {
        together(wanted) { (wanted) throws(Problem) in try applyAtOnce(wanted) }
    }

    private func applyAtOnce(_ wanted: [PacketApplication]) throws(Problem) -> [Result<Evidence, Problem>] {
        let isLeftOut = leavesOutIPv6(of: wanted.lazy.flatMap(\.change.rules))
        let groups = wanted.map { item in Result { () throws(Problem) in try someEffective(item.change.rules, leavingOutIPv6: isLeftOut) } }
        var work: [TablePlace: [(index: Int, rules: FaultRules)]] = [:]
        for (index, item) in wanted.enumerated() {
            let stop = Datestop(deadline: item.deadline.wall)
            for group in (try? groups[index].get()) ?? [] {
                work[TablePlace(group.family, group.kind), default: []].append(
                    (index, FaultRules(fault: item.undo.fault, rules: group.rules, stop: stop)))
            }
        }
        var sights = wanted.indices.map { index in groups[index].map { _ in MarkSight() } }
        for (index, sight) in try put(work) { sights[index] = sights[index].adding(sight) }
        return zip(wanted, sights).map { item, sight in sight.map { $0.evidence(of: item.undo) } }
    }

    /// Each table once; what is then seen of each fault.
    private func put(_ work: [TablePlace: [(index: Int, rules: FaultRules)]]) throws(Problem) -> [(Int, Result<MarkSight, Problem>)] {
        if work.isEmpty { return [] }
        let families = IPFamily.allCases.filter { family in work.keys.contains { $0.family == family } }
        return try lock.hold { () throws(Problem) in
            let found = eachFamily(families) { (family) throws(Problem) in
                var found: [(Int, Result<MarkSight, Problem>)] = []
                for kind in PacketTable.allCases {
                    guard let items = work[TablePlace(family, kind)] else { continue }
                    try edit(family, kind) { (table) throws(Problem) in try table.put(items.map(\.rules)) }
                    let sight = self.sight(of: try reading(family, kind), Set(items.map { MarkKey($0.rules.fault) }))
                    for (index, rules) in items { found.append((index, sight.verified(rules))) }
                }
                return found
            }
            var all: [(Int, Result<MarkSight, Problem>)] = []
            for found in found { all += try found.get() }
            return all
        }
    }

    func rearm(_ wanted: [PacketRenewal]) -> [Result<Backstop, Problem>] {
        together(wanted) { (wanted) throws(Problem) in
            let stops = Dictionary(wanted.map { (MarkKey($0.undo.fault), Datestop(deadline: $0.deadline.wall)) }) { $1 }
            let outcomes = try lock.hold { () throws(Problem) in
                eachFamily { (family) throws(Problem) in
                    for kind in PacketTable.allCases where try isSetUp(family, kind) { try move(stops, family, kind) }
                }
            }
            for outcome in outcomes { try outcome.get() }
            return wanted.map { .success(foresee(until: $0.deadline)) }
        }
    }

    private func move(_ stops: [MarkKey: Datestop], _ family: IPFamily, _ kind: PacketTable) throws(Problem) {
        let faults = Set(stops.keys)
        let isMoved = try edit(family, kind) { (table) throws(Problem) in
            let sight = self.sight(of: table, faults)
            try table.move(sight, to: stops)
            return !sight.marked.isEmpty
        }
        guard isMoved else { return }
        for (mark, rules) in sight(of: try reading(family, kind), faults).marked {
            guard rules.allSatisfy({ $0.stop == nil || $0.stop == stops[mark]?.second }) else {
                throw Problem(.hostFailure, "the \(family.name) rules of \(mark.fault?.mark ?? "a fault") kept their old end")
            }
        }
    }
}

extension TableSight {
    fileprivate func verified(_ wanted: FaultRules) -> Result<MarkSight, Problem> {
        Result { () throws(Problem) in
            try verify(wanted)
            var sight = MarkSight()
            sight.look(for: wanted.rules, of: wanted.fault, in: self)
            return sight
        }
    }
}

extension Result<MarkSight, Problem> {
    /// The first failure stays.
    fileprivate func adding(_ other: Self) -> Self {
        flatMap { sight in
            other.map { other in
                var sum = sight
                sum.add(other)
                return sum
            }
        }
    }
}
