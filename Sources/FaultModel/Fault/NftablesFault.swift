// What a fault has in the nftables table `inet faultd`, as the commands that nft(8) takes.

/// The chains and the set of one fault. They are its own, so that they come and go by their names and no other fault's are touched.
///
/// Each rule matches only while the set holds its packet's family, and the kernel takes both families out of the set when the lease is over.
public struct NftablesFault: Sendable, Hashable {
    public let fault: FaultID

    /// Family and name of the table that holds nothing else.
    public static let table = "inet faultd"
    /// After NAT has rewritten a packet's destination, and before any filter table, iptables' or nft's, can decide on it.
    private static let priority = "filter - 1"

    public init(_ fault: FaultID) { self.fault = fault }

    /// The set that is empty once the lease is over.
    public var alive: String { "alive-\(fault)" }
    public func chain(_ chain: PacketChain) -> String { "\(chain.rawValue.lowercased())-\(fault)" }

    /// The fault of a set or a chain of this name; nil for a name that is not ours.
    public init?(object name: String) {
        guard let dash = name.firstIndex(of: "-"), let fault = FaultID(String(name[name.index(after: dash)...])) else { return nil }
        self.init(fault)
        guard name == alive || PacketChain.allCases.contains(where: { name == chain($0) }) else { return nil }
    }

    /// In the order in which they are done; undone in the reverse order, they leave nothing.
    public func steps(_ rules: [PacketRule], lasting: Duration) -> [ChangeStep] {
        let table = ChangeStep(apply: "nft '\(Self.addTable)'", revert: "(the table goes with the last fault in it)")
        return [table]
            + (frames(rules) + contents(rules, lasting: lasting)).map { ChangeStep(apply: "nft '\($0.add)'", revert: "nft '\($0.remove)'") }
    }

    /// The same as one transaction, in place of what the fault may have already.
    public func transaction(_ rules: [PacketRule], lasting: Duration) -> String {
        let emptied = ["flush set \(Self.table) \(alive)"] + PacketChain.used(by: rules).map { "flush chain \(Self.table) \(chain($0))" }
        let lines = [Self.addTable] + frames(rules).map(\.add) + emptied + contents(rules, lasting: lasting).map(\.add)
        return lines.map { $0 + "\n" }.joined()
    }

    /// Starts the time anew, whichever kernel: an older one ignores a second `add` of what is there.
    public func renewal(lasting: Duration) -> String { "flush set \(Self.table) \(alive)\n\(life(lasting))\n" }

    private struct Command {
        var add: String
        var remove: String
    }

    private static let addTable = "add table \(table)"

    private func frames(_ rules: [PacketRule]) -> [Command] {
        let set = Command(
            add: "add set \(Self.table) \(alive) { type nf_proto; flags timeout; }", remove: "delete set \(Self.table) \(alive)")
        return [set]
            + PacketChain.used(by: rules).map { hook in
                Command(
                    add: "add chain \(Self.table) \(chain(hook)) { type filter hook \(hook.rawValue.lowercased()) priority \(Self.priority); }",
                    remove: "delete chain \(Self.table) \(chain(hook))")
            }
    }

    private func contents(_ rules: [PacketRule], lasting: Duration) -> [Command] {
        [Command(add: life(lasting), remove: "flush set \(Self.table) \(alive)")]
            + rules.map { rule in
                let chain = chain(rule.chain)
                return Command(
                    add: "add rule \(Self.table) \(chain) \(rule.nftablesStatement(alive: alive, mark: fault.mark))",
                    remove: "flush chain \(Self.table) \(chain)")
            }
    }

    private func life(_ lasting: Duration) -> String {
        let timeout = "timeout \(lasting.milliseconds)ms"
        return "add element \(Self.table) \(alive) { ipv4 \(timeout), ipv6 \(timeout) }"
    }
}

extension PacketChain {
    public static func used(by rules: [PacketRule]) -> [PacketChain] { allCases.filter { chain in rules.contains { $0.chain == chain } } }
}
