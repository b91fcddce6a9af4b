// A fault's rules as they are found, added up over both families.
import FaultModel

struct MarkSight {
    private var total = MarkedRules()
    private var wanted = 0
    private var inPlace = 0
    private var complaints: [String] = []

    /// - Parameter table: nil where the kernel has none, so that no rule is there.
    mutating func look(for rules: [PacketRule], of fault: FaultID, in table: Table?) {
        wanted += rules.count
        guard let table else { return }
        total.add(table.marked()[fault] ?? .init())
        inPlace += PacketChain.used(by: rules).reduce(0) { $0 + table.positions(of: fault, in: $1.ours).count }
        complaints += table.complaints(about: rules, of: fault)
    }

    func evidence(of undo: PacketUndo) -> Evidence {
        var (notes, drift): ([String], [String]) = ([], complaints)
        if inPlace < wanted { drift.insert("\(inPlace) of \(wanted) rules are in the kernel; somebody removed the rest", at: 0) }
        if wanted < undo.rules.count { notes.append("IPv6 is off on this node: \(undo.rules.count - wanted) rules for it were left out") }
        let packets = Evidence.Packets(
            backend: LegacyTables.backend, rules: total.rules, hitPackets: total.hitPackets, hitBytes: total.hitBytes)
        return Evidence(packets: packets, notes: notes.isEmpty ? nil : notes, drift: drift)
    }
}
