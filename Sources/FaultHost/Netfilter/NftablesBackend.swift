// Packet rules in a table of nftables of our own, by libnftables in this process.
import FaultModel

typealias NftablesBackend = ThreadedBackend<NftTables>

extension ThreadedBackend where Tables == NftTables {
    convenience init(
        now: @escaping @Sendable () -> Moment, others: @escaping @Sendable () throws(Problem) -> [FoundNamespace] = { () throws(Problem) in [] }
    ) {
        self.init(NftTables(now: now), others: others)
    }
}
