// What undoing will need to know, and whether the kernel can do what is wanted.
import FaultModel

extension LegacyTables {
    /// Reads only, but for the empty table that the kernel sets up when it is first asked.
    func prepare(_ wanted: [(change: PacketChange, fault: FaultID)]) -> [Result<PacketUndo, Problem>] {
        together(wanted) { (wanted) throws(Problem) in
            let isLeftOut = leavesOutIPv6(of: wanted.lazy.flatMap(\.change.rules))
            let groups = wanted.map { item in Result { () throws(Problem) in try checked(item.change.rules, isLeftOut) } }
            let rules = groups.flatMap { (try? $0.get())?.flatMap(\.rules) ?? [] }
            let (prints, bootID) = (try self.prints(of: places(of: rules)), proc.bootID)
            try requireExtensions(of: rules)
            return zip(wanted, groups).map { item, groups in
                groups.map { groups in
                    let places = groups.flatMap { group in PacketChain.used(by: group.rules).map { ChainPlace(group.family, group.kind, $0) } }
                    let before = ChainPrints(bootID: bootID, chains: places.compactMap { prints[$0] })
                    return PacketUndo(fault: item.fault, rules: item.change.rules, before: before)
                }
            }
        }
    }

    /// Asked only where it matters.
    func leavesOutIPv6(of rules: some Sequence<PacketRule>) -> Bool { rules.contains { $0.family == .ipv6 } && leavesOut(.ipv6) }

    private func checked(_ rules: [PacketRule], _ isLeftOut: Bool) throws(Problem) -> [RuleGroup] {
        for rule in rules { try rule.checkExpressible() }
        return try someEffective(rules, leavingOutIPv6: isLeftOut)
    }

    private func requireExtensions(of rules: [PacketRule]) throws(Problem) {
        for family in IPFamily.allCases {
            let needed = EntryBuilder.extensions(of: rules.filter { $0.family == family })
            if needed.matches.isEmpty { continue }
            try KernelExtensions(family: family).require(matches: needed.matches, targets: needed.targets)
        }
    }

    private func places(of rules: [PacketRule]) -> Set<ChainPlace> { Set(rules.map { ChainPlace($0.family, $0.table, $0.chain) }) }

    /// Of chains in tables that are read or set up for it.
    private func prints(of places: Set<ChainPlace>) throws(Problem) -> [ChainPlace: ChainPrint] {
        let families = IPFamily.allCases.filter { family in places.contains { $0.family == family } }
        let found = eachFamily(families) { (family) throws(Problem) in
            var found: [ChainPlace: ChainPrint] = [:]
            for place in places where place.family == family { found[place] = try reading(family, place.kind).print(of: place.chain) }
            return found
        }
        var prints: [ChainPlace: ChainPrint] = [:]
        for found in found { prints.merge(try found.get()) { $1 } }
        return prints
    }
}

/// A built-in chain.
struct ChainPlace: Hashable {
    var family: IPFamily
    var kind: PacketTable
    var chain: PacketChain

    init(_ family: IPFamily, _ kind: PacketTable, _ chain: PacketChain) { (self.family, self.kind, self.chain) = (family, kind, chain) }
    init(_ print: ChainPrint) { self.init(print.family, print.table ?? .filter, print.chain) }
}
