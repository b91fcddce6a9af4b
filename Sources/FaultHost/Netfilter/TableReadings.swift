// What a round of calls has read of the tables. All of them were asked before it began, so that one look is new enough for all.
import FaultModel
import Synchronization

/// One of the tables.
struct TablePlace: Hashable {
    var family: IPFamily
    var kind: PacketTable
    init(_ family: IPFamily, _ kind: PacketTable) { (self.family, self.kind) = (family, kind) }
}

/// Used by the thread that does the round and, while it waits, by one that helps it; each has a family for itself.
final class TableReadings: @unchecked Sendable {
    private var tables: [TablePlace: Table] = [:]
    private let lock = Mutex(())

    subscript(family: IPFamily, kind: PacketTable) -> Table? {
        get { lock.withLock { _ in tables[TablePlace(family, kind)] } }
        set { lock.withLock { _ in tables[TablePlace(family, kind)] = newValue } }
    }
}

/// Whether both families' tables are so long, by what was last seen of them, that a thread for each pays.
final class TableLengths: Sendable {
    private let seen = Mutex<[IPFamily: Int]>([:])
    /// Rules. Reading so many takes as long as starting a thread.
    private static let long = 500

    func note(_ family: IPFamily, _ length: Int) { seen.withLock { $0[family] = length } }
    var areLong: Bool { seen.withLock { seen in IPFamily.allCases.allSatisfy { seen[$0] ?? 0 >= Self.long } } }
}
