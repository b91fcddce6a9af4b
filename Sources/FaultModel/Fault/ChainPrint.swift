// The fingerprint of what others have in the chains that a fault passes through, to tell afterwards whether all is as before.

/// Fingerprints of one moment.
public struct ChainPrints: Sendable, Hashable, Codable {
    /// The boot they were taken in: with the next, the kernel has forgotten every rule, and whoever loads them anew is not compared.
    public var bootID: String
    public var chains: [ChainPrint]

    public init(bootID: String, chains: [ChainPrint]) {
        self.bootID = bootID
        self.chains = chains
    }
}

/// A built-in chain without what is ours in it, and without counters.
public struct ChainPrint: Sendable, Hashable, Codable {
    public var family: IPFamily
    public var chain: PacketChain
    /// Nil, as older journals have it, is filter.
    public var table: PacketTable?
    /// What becomes of a packet that no rule decides on.
    public var policy: String
    /// How many rules of others there are.
    public var rules: Int
    /// Of those rules in their order, as hexadecimal digits.
    public var digest: String

    public init(family: IPFamily, chain: PacketChain, policy: String, rules: Int, digest: String, table: PacketTable? = nil) {
        self.family = family
        self.chain = chain
        self.table = table
        self.policy = policy
        self.rules = rules
        self.digest = digest
    }

    /// What has become of it, each with whose doing that was.
    /// - Parameter program: what shows the chain, such as `iptables`.
    public func drift(to now: ChainPrint, program: String) -> [String] {
        let place = "\(program) \(chain.rawValue)"
        var drift: [String] = []
        if policy != now.policy { drift.append("\(place): the policy was \(policy) and is \(now.policy): somebody else changed it") }
        if rules != now.rules {
            drift.append("\(place): \(rules) rule\(rules == 1 ? "" : "s") of others before, \(now.rules) now: somebody else changed them")
        } else if digest != now.digest {
            drift.append("\(place): the rules of others, \(rules), are not the same or not in the same order: somebody else changed them")
        }
        return drift
    }
}
