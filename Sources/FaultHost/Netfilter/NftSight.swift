// What is found of a fault in the table `inet faultd`.
import FaultModel

struct NftSight {
    /// A chain of the fault that is there.
    struct Chain {
        var name: String
        /// Handles of the fault's rules.
        var ours: [Int64] = []
        /// Rules that somebody else put there.
        var strangers = 0
        var isBefore = false
    }
    let fault: NftablesFault
    private(set) var chains: [Chain] = []
    private(set) var total = MarkedRules()
    /// Families for which the rules match; nil when the set is gone.
    private(set) var families: Int?

    /// `nft list chain …` and `nft list set …`: of the fault alone, however many rules others have.
    init(_ fault: FaultID, in hooks: [PacketChain], _ connection: NftConnection) throws(Problem) {
        self.fault = NftablesFault(fault)
        for hook in hooks {
            let name = self.fault.chain(hook)
            if let objects = try connection.list("chain \(NftablesFault.table) \(name)") { add(objects, of: name) }
        }
        families = try connection.list("set \(NftablesFault.table) \(self.fault.alive)")?.first { $0.type == "set" }?.elements
    }

    private mutating func add(_ objects: [NftObject], of name: String) {
        var chain = Chain(name: name)
        for rule in objects where rule.type == "rule" {
            if rule.fault == fault.fault {
                chain.ours.append(rule.handle)
                chain.isBefore = chain.isBefore || chain.strangers > 0
                total.add(MarkedRules(rules: 1, hitPackets: rule.counters.packets, hitBytes: rule.counters.bytes))
            } else {
                chain.strangers += 1
            }
        }
        chains.append(chain)
    }

    private var hasStrangers: Bool { chains.contains { $0.strangers > 0 } }

    /// What removes all of it that is not somebody else's; chains and the set go with their last rule.
    var removal: String {
        let table = NftablesFault.table
        var lines = chains.flatMap { chain in
            chain.strangers > 0
                ? chain.ours.map { "delete rule \(table) \(chain.name) handle \($0)" }
                : ["flush chain \(table) \(chain.name)", "delete chain \(table) \(chain.name)"]
        }
        if families != nil, !hasStrangers { lines.append("delete set \(table) \(fault.alive)") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// What keeps the rules from being wholly in force, for people.
    func complaints(wanted: Int) -> [String] {
        var complaints: [String] = []
        if total.rules < wanted { complaints.append("\(total.rules) of \(wanted) rules are in the kernel; somebody removed the rest") }
        if total.rules > 0, families != IPFamily.allCases.count {
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
                backend: PacketTables.nftables.rawValue, rules: total.rules, hitPackets: total.hitPackets, hitBytes: total.hitBytes),
            drift: complaints(wanted: wanted))
    }
}
