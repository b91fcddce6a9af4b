// What one walk over a table finds: where the rules of some faults are, what they hit, and how packets get to them.
import CNetfilter
import FaultModel

struct TableSight {
    /// A rule with the mark of a fault.
    struct Rule {
        /// Its index in `chains`.
        var chain: Int
        /// Counts from 0.
        var position: Int
        /// The last second in which it matches.
        var stop: UInt32?
        var counters: MarkedRules
    }

    /// A chain of ours.
    struct Own {
        /// Rules of faults, whosever.
        var rules = 0
        /// Rules without a mark.
        var strangers = 0
        var firstStranger: Int?
        /// How many rules jump here.
        var references = 0
    }

    /// What shows the table, for people.
    let program: String
    /// All of them, in the table's order.
    let chains: [String]
    /// Of all chains.
    private(set) var length = 0
    private(set) var marked: [MarkKey: [Rule]] = [:]
    private(set) var own: [PacketChain: Own] = [:]
    /// Positions, in each built-in chain, of the jumps to ours. One at position 0 is what we want.
    private(set) var jumps: [PacketChain: [Int]] = [:]

    /// - Parameter faults: whose rules are noted; nil is everybody's.
    init(of table: Table, faults: Set<MarkKey>?) {
        (program, chains) = (table.program, table.chains)
        for (index, name) in chains.enumerated() {
            let chain = PacketChain.allCases.first { $0.ours == name }
            var found = Own(references: chain == nil ? 0 : table.references(to: name))
            let holder = PacketChain(rawValue: name)
            table.forEachRule(of: name) { position, rule in
                length += 1
                let mark = rule.mark
                if let mark {
                    found.rules += 1
                    if faults?.contains(mark) ?? true { marked[mark, default: []].append(Rule(rule, chain: index, position)) }
                } else {
                    found.strangers += 1
                    found.firstStranger = found.firstStranger ?? position
                    if let holder, rule.hasComment(Table.jumpComment), table.target(of: rule) == holder.ours {
                        jumps[holder, default: []].append(position)
                    }
                }
            }
            if let chain { own[chain] = found }
        }
    }

    func rules(of fault: FaultID) -> [Rule] { marked[MarkKey(fault)] ?? [] }

    func total(of fault: FaultID) -> MarkedRules {
        rules(of: fault).reduce(into: MarkedRules()) { $0.add($1.counters) }
    }

    /// Of a fault's rules, those in our chain below `chain`.
    func rules(of fault: FaultID, below chain: PacketChain) -> [Rule] {
        rules(of: fault).filter { chains[$0.chain] == chain.ours }
    }
}

extension TableSight.Rule {
    fileprivate init(_ rule: EntryView, chain: Int, _ position: Int) {
        let (stop, counters) = (rule.datestop.map { rule.base.load(fromByteOffset: $0, as: UInt32.self) }, rule.counters)
        self.init(
            chain: chain, position: position, stop: stop,
            counters: MarkedRules(rules: 1, hitPackets: counters.pcnt, hitBytes: counters.bcnt))
    }
}

extension Table {
    func sight(of faults: Set<MarkKey>?) -> TableSight { TableSight(of: self, faults: faults) }
}
