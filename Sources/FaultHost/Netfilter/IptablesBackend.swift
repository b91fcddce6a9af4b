// Packet rules in the legacy xtables, by libiptc in this process: what `iptables-legacy -S` shows.
import FaultModel

typealias IptablesBackend = ThreadedBackend<LegacyTables>

extension ThreadedBackend where Tables == LegacyTables {
    /// - Parameters:
    ///   - lock: the file that everybody who edits the tables locks, and how long others are waited for. In a container it must be the node's file.
    ///   - others: network namespaces besides the node's own that may hold rules of ours.
    convenience init(
        lock path: String = XtablesLock().path, limit: Duration = XtablesLock().limit, proc: ProcNet = ProcNet(),
        others: @escaping @Sendable () throws(Problem) -> [FoundNamespace] = { () throws(Problem) in [] }
    ) {
        let tables = LegacyTables(lock: XtablesLock(path: path, limit: limit, proc: proc), proc: proc)
        // Both families, and time to read and send a table of any size.
        self.init(tables, limit: limit + limit + .seconds(30), others: others)
    }
}

extension LegacyTables: BlockingTables {
    static var tables: PacketTables { .iptables }

    func foresee(until deadline: Moment) -> Backstop { Datestop(deadline: deadline.wall).backstop }

    /// Nothing that was read in this network namespace is of use in another.
    var elsewhere: LegacyTables { LegacyTables(lock: lock, proc: proc, readings: TableReadings()) }
    var round: LegacyTables { LegacyTables(lock: lock, proc: proc, readings: TableReadings(), lengths: lengths) }

    func prepare(_ change: PacketChange, for fault: FaultID) throws(Problem) -> PacketUndo { try prepare([(change, fault)])[0].get() }

    func rearm(_ undo: PacketUndo, until deadline: Moment) throws(Problem) -> Backstop {
        try rearm([PacketRenewal(undo: undo, deadline: deadline)])[0].get()
    }

    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) throws(Problem) -> Evidence {
        try apply([PacketApplication(change: change, undo: undo, deadline: deadline)])[0].get()
    }

    func revert(_ undo: PacketUndo) throws(Problem) -> RevertOutcome { try revert([undo])[0].get() }
    func observe(_ undo: PacketUndo) throws(Problem) -> Evidence { try observe([undo])[0].get() }

    /// Asks only for tables that are set up. A look at a table is enough to set it up, so one is in use when something is in it.
    func use() -> TableUse {
        if let table = proc.otherTables.first(where: { Table.holdsSomething($0.name, $0.family) }) {
            return .used("the legacy \(table.family.name) \(table.name) table is in use")
        }
        for (family, kind) in Self.all {
            do throws(Problem) {
                guard let table = try existing(family, kind) else { continue }
                let prints = kind.chains.map(table.print)
                let rules = prints.reduce(0) { $0 + $1.rules }
                if rules > 0 || prints.contains(where: { $0.policy != "ACCEPT" }) {
                    return .used("the legacy \(family.name) \(kind.rawValue) table holds rules of others")
                }
            } catch {
                return .missing(error.detail)
            }
        }
        return .unused
    }
}
