// A backend of packet rules: tables that block, on a thread of their own, in whichever network namespace.
import FaultModel

/// The verbs of `PacketBackend` on a thread of their own: the libraries block, and keep state that only one thread may use.
final class ThreadedBackend<Tables: BlockingTables>: PacketBackend {
    private let tables: Tables
    private let limit: Duration
    private let others: @Sendable () throws(Problem) -> [FoundNamespace]
    private let thread = DedicatedThread(name: "netfilter")

    /// - Parameters:
    ///   - limit: how long a call may take; what takes longer is still done, in its turn, before anything that was asked later.
    ///   - others: network namespaces besides the node's own that may hold rules of ours.
    init(
        _ tables: Tables, limit: Duration = .seconds(30),
        others: @escaping @Sendable () throws(Problem) -> [FoundNamespace] = { () throws(Problem) in [] }
    ) {
        self.tables = tables
        self.limit = limit
        self.others = others
    }

    deinit { thread.close() }

    func prepare(_ change: PacketChange, for fault: FaultID, in namespace: NamespacePin?) async throws(Problem) -> PacketUndo {
        let undo = try await inside(namespace) { (tables) throws(Problem) in
            var undo = try tables.prepare(change, for: fault)
            undo.namespace = namespace
            undo.backend = Tables.tables
            return undo
        }
        return try Self.there(undo, namespace)
    }

    func foresee(until deadline: Moment) -> Backstop { tables.foresee(until: deadline) }

    func rearm(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop {
        try await inside(undo.namespace) { (tables) throws(Problem) in try tables.rearm(undo, until: deadline) } ?? foresee(until: deadline)
    }

    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        let evidence = try await inside(undo.namespace) { (tables) throws(Problem) in try tables.apply(change, undo: undo, until: deadline) }
        return try Self.there(evidence, undo.namespace)
    }

    func revert(_ undo: PacketUndo) async throws(Problem) -> RevertOutcome {
        try await inside(undo.namespace, urgent: true) { (tables) throws(Problem) in try tables.revert(undo) }
            ?? RevertOutcome(.alreadyGone, notes: [undo.namespace?.goneNote].compactMap { $0 })
    }

    func observe(_ undo: PacketUndo) async throws(Problem) -> Evidence {
        try await inside(undo.namespace) { (tables) throws(Problem) in try tables.observe(undo) }
            ?? Evidence(
                packets: .init(backend: Tables.tables.rawValue, rules: 0, hitPackets: 0, hitBytes: 0),
                drift: [undo.namespace?.goneDrift].compactMap { $0 })
    }

    func inventory() async throws(Problem) -> [Artefact] {
        try await run { [tables, others] () throws(Problem) in
            var found = try tables.inventory()
            for place in try others() { found += try Self.inventory(of: tables, in: place) }
            return found
        }
    }

    func remove(_ artefact: Artefact) async throws(Problem) {
        try await run(urgent: true) { [tables, others] () throws(Problem) in
            guard artefact.place != nil else { return try tables.remove(artefact) }
            for place in try others() where artefact.place == place.inode {
                _ = try NetworkNamespace.run(in: place) { () throws(Problem) in try tables.elsewhere.remove(artefact.withoutPlace) }
            }
        }
    }

    func capability() async -> CapabilityReport {
        await thread.run { [tables] () throws(Never) in tables.capability() }
    }

    func use() async -> TableUse {
        await thread.run { [tables] () throws(Never) in tables.use() }
    }

    private func inside<T: Sendable>(
        _ namespace: NamespacePin?, urgent: Bool = false, _ work: @escaping @Sendable (Tables) throws(Problem) -> T
    ) async throws(Problem) -> T? {
        try await run(urgent: urgent) { [tables] () throws(Problem) in
            try NetworkNamespace.run(namespace) { () throws(Problem) in try work(namespace == nil ? tables : tables.elsewhere) }
        }
    }

    private func run<T: Sendable>(urgent: Bool = false, _ work: @escaping @Sendable () throws(Problem) -> T) async throws(Problem) -> T {
        try await thread.run(urgent: urgent, within: limit, "edit packet rules", work)
    }

    private static func there<T>(_ result: T?, _ namespace: NamespacePin?) throws(Problem) -> T {
        if let result { return result }
        throw namespace?.gone() ?? Problem(.internalError, "the node's own network is gone")
    }

    /// One that ends meanwhile takes with it whatever was in it.
    private static func inventory(of tables: Tables, in place: FoundNamespace) throws(Problem) -> [Artefact] {
        let found = try NetworkNamespace.run(in: place) { () throws(Problem) in try tables.elsewhere.inventory() } ?? []
        return found.map { $0.at(place.inode) }
    }
}
