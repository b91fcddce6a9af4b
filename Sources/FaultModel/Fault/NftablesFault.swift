// What a fault has in faultd's nftables tables, as the commands that nft(8) takes.

/// The rules and the set of one fault. All carry its id, so that they come and go by it and no other fault's are touched; the chains and the table
/// that they are in are shared, and go with the last rule in them.
///
/// Each rule matches only while the set holds its packet's family, and the kernel takes both families out of the set when the lease is over.
public struct NftablesFault: Sendable, Hashable {
    public let fault: FaultID
    /// Which of faultd's tables it is in: 1 until that is full.
    public let shard: Int

    public init(_ fault: FaultID, shard: Int? = nil) {
        self.fault = fault
        self.shard = shard ?? 1
    }

    /// Of a table with more the kernel would take long to change anything: it walks all sets for each that is named, and all rules at each change.
    public static let most = 128

    /// The name of a table that holds nothing else; its family is inet.
    public static func table(_ shard: Int) -> String { shard == 1 ? firstTable : "\(firstTable)-\(shard)" }
    private static let firstTable = "faultd"

    /// Which of faultd's tables this is; nil for somebody else's.
    public static func shard(ofTable name: String) -> Int? {
        if name == firstTable { return 1 }
        guard name.hasPrefix(firstTable + "-"), let shard = Int(name.dropFirst(firstTable.count + 1)), shard > 1 else { return nil }
        return table(shard) == name ? shard : nil
    }

    /// Family and name.
    public var table: String { "inet \(Self.table(shard))" }
    /// The set that is empty once the lease is over.
    public var alive: String { "alive-\(fault)" }
    public static func chain(_ chain: PacketChain) -> String { chain.rawValue.lowercased() }
    /// After NAT has rewritten a packet's destination, and before any filter table, iptables' or nft's, can decide on it: `filter - 1`.
    public static let priority: Int32 = -1

    /// The fault whose set has this name; nil for a name that is not ours.
    public init?(alive name: String, shard: Int) {
        guard name.hasPrefix("alive-"), let fault = FaultID(String(name.dropFirst(6))) else { return nil }
        self.init(fault, shard: shard)
        if name != alive { return nil }
    }

    /// As earlier versions had it: a chain of the fault's own for each hook.
    public func formerChain(_ chain: PacketChain) -> String { "\(Self.chain(chain))-\(fault)" }

    public init?(formerChain name: String, shard: Int) {
        guard let dash = name.firstIndex(of: "-"), let fault = FaultID(String(name[name.index(after: dash)...])) else { return nil }
        self.init(fault, shard: shard)
        guard PacketChain.allCases.contains(where: { name == formerChain($0) }) else { return nil }
    }

    /// In the order in which they are done; undone in the reverse order, they leave an empty table.
    public func steps(_ rules: [PacketRule], lasting: Duration) -> [ChangeStep] {
        let (table, alive, mark) = (table, alive, fault.mark)
        let timeout = "timeout \(lasting.milliseconds)ms"
        let set = ChangeStep(
            apply: "nft 'add set \(table) \(alive) { type nf_proto; flags timeout; }'", revert: "nft 'delete set \(table) \(alive)'")
        let life = ChangeStep(
            apply: "nft 'add element \(table) \(alive) { ipv4 \(timeout), ipv6 \(timeout) }'", revert: "nft 'flush set \(table) \(alive)'")
        return [ChangeStep(apply: "nft 'add table \(table)'", revert: "(the table goes with the last fault in it)")]
            + PacketChain.used(by: rules).map { Self.frame($0, table) } + [set, life]
            + rules.reversed().map { Self.rule($0, table, alive, mark) }
    }

    private static func frame(_ hook: PacketChain, _ table: String) -> ChangeStep {
        let chain = chain(hook)
        return ChangeStep(
            apply: "nft 'add chain \(table) \(chain) { type filter hook \(chain) priority filter - 1; }'",
            revert: "nft 'delete chain \(table) \(chain)'")
    }

    /// Before all others, so that the last one inserted is the first.
    private static func rule(_ rule: PacketRule, _ table: String, _ alive: String, _ mark: String) -> ChangeStep {
        let chain = "\(table) \(chain(rule.chain))"
        let handle = "$(nft -a list chain \(chain) | grep -m1 '\(mark)' | grep -o '[0-9]*$')"
        return ChangeStep(
            apply: "nft 'insert rule \(chain) \(rule.nftablesStatement(alive: alive, mark: mark))'",
            revert: "nft delete rule \(chain) handle \(handle)")
    }
}

extension PacketChain {
    public static func used(by rules: [PacketRule]) -> [PacketChain] { allCases.filter { chain in rules.contains { $0.chain == chain } } }
}
