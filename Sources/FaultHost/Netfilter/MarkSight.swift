// A fault's rules as they are found, added up over tables and families.
import FaultModel

/// Rules of one fault.
struct MarkedRules: Equatable {
    var rules = 0
    var hitPackets: UInt64 = 0
    var hitBytes: UInt64 = 0

    mutating func add(_ other: MarkedRules) {
        rules += other.rules
        hitPackets &+= other.hitPackets
        hitBytes &+= other.hitBytes
    }
}

struct MarkSight {
    private var total = MarkedRules()
    private var wanted = 0
    private var inPlace = 0
    private var complaints: [String] = []

    /// - Parameter table: nil where the kernel has none, so that no rule is there.
    mutating func look(for rules: [PacketRule], of fault: FaultID, in table: TableSight?) {
        wanted += rules.count
        guard let table else { return }
        total.add(table.total(of: fault))
        inPlace += PacketChain.used(by: rules).reduce(0) { $0 + table.rules(of: fault, below: $1).count }
        complaints += table.complaints(about: rules, of: fault)
    }

    mutating func add(_ other: MarkSight) {
        total.add(other.total)
        wanted += other.wanted
        inPlace += other.inPlace
        complaints += other.complaints
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
