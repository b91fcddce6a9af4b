// What is found of a fault in faultd's tables.
import FaultModel

struct NftSight {
    /// A chain that the fault's rules are or were in.
    struct Chain {
        var name: String
        /// Rules that somebody else put there.
        var strangers = 0
        /// One of them is before a rule of the fault.
        var isBefore = false
    }
    let fault: NftablesFault
    var rules: [NftRuleSight] = []
    var chains: [Chain] = []
    /// Families for which the rules match.
    var families: Set<IPFamily> = []

    init(_ fault: NftablesFault) { self.fault = fault }

    /// In a table that was read as a whole.
    init(_ fault: NftablesFault, in table: NftTableSight?, chains names: Set<String>) {
        self.fault = fault
        rules = table?.rules.filter { $0.fault == fault.fault } ?? []
        let former = PacketChain.allCases.map(fault.formerChain)
        chains = names.union(former).sorted().compactMap { name in Self.chain(name, fault.fault, table?.rules ?? []) }
    }

    private static func chain(_ name: String, _ fault: FaultID, _ rules: [NftRuleSight]) -> Chain? {
        var chain = Chain(name: name)
        for rule in rules where rule.handle.chain == name {
            if rule.fault == nil { chain.strangers += 1 }
            if rule.fault == fault, chain.strangers > 0 { chain.isBefore = true }
        }
        return chain.strangers > 0 ? chain : nil
    }

    /// What keeps the rules from being wholly in force, for people.
    func complaints(wanted: Int) -> [String] {
        var complaints: [String] = []
        if rules.count < wanted { complaints.append("\(rules.count) of \(wanted) rules are in the kernel; somebody removed the rest") }
        if !rules.isEmpty, families.count != IPFamily.allCases.count {
            complaints.append("nftables: the set \(fault.alive) has lost what keeps the rules in force, so they match nothing")
        }
        return complaints + chains.filter(\.isBefore).map { "nftables: in \($0.name) somebody put a rule before the fault's, and it wins" }
    }

    var drift: [String] {
        chains.filter { $0.strangers > 0 }.map {
            "nftables: \($0.name) holds \($0.strangers) rule\($0.strangers == 1 ? "" : "s") that somebody else put there"
        }
    }

    func evidence(wanted: Int) -> Evidence {
        Evidence(
            packets: .init(
                backend: PacketTables.nftables.rawValue, rules: rules.count, hitPackets: rules.reduce(0) { $0 &+ $1.packets },
                hitBytes: rules.reduce(0) { $0 &+ $1.bytes }),
            drift: complaints(wanted: wanted))
    }

    func outcome(wanted: Int) -> RevertOutcome {
        if rules.isEmpty { return RevertOutcome(.alreadyGone, drift: drift) }
        let missing = rules.count < wanted ? ["\(rules.count) of \(wanted) rules were there; somebody had removed the rest"] : []
        return RevertOutcome(.restored, notes: missing, drift: drift)
    }
}
