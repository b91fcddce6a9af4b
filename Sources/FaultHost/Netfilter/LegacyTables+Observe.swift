// What can be seen of faults' rules, and what is left of any fault. Reads need no lock: a snapshot is whole.
import FaultModel

extension LegacyTables {
    func observe(_ undos: [PacketUndo]) -> [Result<Evidence, Problem>] {
        together(undos) { (undos) throws(Problem) in
            let isLeftOut = leavesOutIPv6(of: undos.lazy.flatMap(\.rules))
            let groups = undos.map { effective($0.rules, leavingOutIPv6: isLeftOut) }
            let faults = Set(undos.map { MarkKey($0.fault) })
            var sights = undos.map { _ in MarkSight() }
            for (family, kind) in Self.all where groups.contains(where: { $0.contains { $0.family == family && $0.kind == kind } }) {
                let sight = try existing(family, kind).map { self.sight(of: $0, faults) }
                for (index, groups) in groups.enumerated() {
                    for group in groups where group.family == family && group.kind == kind {
                        sights[index].look(for: group.rules, of: undos[index].fault, in: sight)
                    }
                }
            }
            return zip(undos, sights).map { undo, sight in .success(sight.evidence(of: undo)) }
        }
    }

    func inventory() throws(Problem) -> [Artefact] {
        var faults: Set<MarkKey> = []
        var chains: [Artefact] = []
        for (family, kind) in Self.all {
            guard let table = try existing(family, kind) else { continue }
            faults.formUnion(sight(of: table, nil).marked.keys)
            chains += PacketChain.allCases.filter(table.isLeftOver).map { .emptyChain($0, kind, family) }
        }
        return faults.compactMap(\.fault).sorted().map(Artefact.rules) + chains
    }
}

extension Artefact {
    static func rules(_ fault: FaultID) -> Artefact {
        Artefact(mechanism: .packets, fault: fault, name: "packet rules with the comment \(fault.mark)")
    }

    static func emptyChain(_ chain: PacketChain, _ kind: PacketTable, _ family: IPFamily) -> Artefact {
        Artefact(mechanism: .packets, fault: nil, name: "empty chain \(chain.ours) (\(kind.command(family)))")
    }
}
