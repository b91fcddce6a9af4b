// What can be seen of a fault's rules, and what is left of any fault. Reads need no lock: a snapshot is whole.
import FaultModel

extension LegacyTables {
    static let backend = PacketTables.iptables.rawValue

    func observe(_ undo: PacketUndo) throws(Problem) -> Evidence {
        var sight = MarkSight()
        for (family, kind, rules) in effective(undo.rules) { sight.look(for: rules, of: undo.fault, in: try existing(family, kind)) }
        return sight.evidence(of: undo)
    }

    func inventory() throws(Problem) -> [Artefact] {
        var faults: Set<FaultID> = []
        var chains: [Artefact] = []
        for (family, kind) in Self.all {
            guard let table = try existing(family, kind) else { continue }
            faults.formUnion(table.marked().keys)
            chains += PacketChain.allCases.filter(table.isLeftOver).map { .emptyChain($0, kind, family) }
        }
        return faults.sorted().map(Artefact.rules) + chains
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
