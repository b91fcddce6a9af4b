// Packet rules in nftables tables of our own, by netlink.
import FaultModel

typealias NftablesBackend = ThreadedBackend<NftTables>

extension ThreadedBackend where Tables == NftTables {
    convenience init(
        now: @escaping @Sendable () -> Moment, others: @escaping @Sendable () throws(Problem) -> [FoundNamespace] = { () throws(Problem) in [] }
    ) {
        self.init(NftTables(now: now), others: others)
    }
}
