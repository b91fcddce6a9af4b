// What this node has of nftables, and who else uses it.
import FaultModel
import Synchronization

extension NftTables {
    func capability() -> CapabilityReport {
        do throws(Problem) {
            _ = try connection.generation()
            return CapabilityReport(.netfilter, available: true, detail: "nftables (table inet \(NftablesFault.table(1)))")
        } catch {
            return CapabilityReport(.netfilter, available: false, detail: error.detail, remedy: error.hint)
        }
    }

    /// Tables with a chain in them, of others: iptables-nft's are `ip filter` and the like.
    func use() -> TableUse {
        do throws(Problem) {
            _ = try connection.generation()
            let tables = Set(try connection.list(.getChain, family: NftMessages.anyFamily) { Self.table($0, $1) }).sorted()
            return tables.isEmpty
                ? .unused : .used("nft tables are in use (\(tables.prefix(3).joined(separator: ", "))\(tables.count > 3 ? ", …" : ""))")
        } catch {
            return .missing(error.detail)
        }
    }

    /// Of a chain: family and name of its table, such as `ip filter`; nil for ours.
    private static func table(_ family: UInt8, _ chain: UnsafeRawBufferPointer) -> String? {
        guard let name = chain.attribute(1)?.zeroTerminated else { return nil }
        if family == NftMessages.inet, NftablesFault.shard(ofTable: name) != nil { return nil }
        return "\(families[family] ?? String(family)) \(name)"
    }

    /// NFPROTO_*, as nft calls them.
    private static let families: [UInt8: String] = [1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"]
}

/// What a rule needs of the kernel besides nf_tables itself.
enum NftFeature: Hashable {
    case ports, original, share, reject

    static func used(by rules: [PacketRule]) -> Set<NftFeature> {
        var features: Set<NftFeature> = []
        for rule in rules {
            if rule.sourcePorts != nil || rule.destinationPorts != nil { features.insert(.ports) }
            if rule.originalDestination != nil || rule.originalDestinationPorts != nil { features.insert(.original) }
            if rule.probability != nil || rule.every != nil { features.insert(.share) }
            if rule.verdict != .drop { features.insert(.reject) }
        }
        return features
    }
}

/// Features that the kernel has shown to have: trying a rule out takes milliseconds, and need not be done for each fault.
final class KnownFeatures: Sendable {
    private let proven = Mutex<Set<NftFeature>?>(nil)

    func has(_ features: Set<NftFeature>) -> Bool { proven.withLock { $0.map(features.isSubset) ?? false } }
    func add(_ features: Set<NftFeature>) { proven.withLock { $0 = ($0 ?? []).union(features) } }
}
