// A backend of packet rules: tables that block, on a thread of their own, in whichever network namespace.
import FaultModel
import Synchronization

/// The verbs of `PacketBackend` on a thread of their own: the libraries block, and keep state that only one thread may use.
///
/// Calls that wait together are done together, those of one verb in one go; a call that comes alone waits for nobody.
final class ThreadedBackend<Tables: BlockingTables>: PacketBackend {
    private let tables: Tables
    private let limit: Duration
    private let others: @Sendable () throws(Problem) -> [FoundNamespace]
    private let thread = DedicatedThread(name: "netfilter")

    private let preparations = WaitingCalls<PacketPreparation, PacketUndo>()
    private let renewals = WaitingCalls<PacketRenewal, Backstop>()
    private let applications = WaitingCalls<PacketApplication, Evidence>()
    private let reverts = WaitingCalls<PacketUndo, RevertOutcome>()
    private let looks = WaitingCalls<PacketUndo, Evidence>()
    /// Prepared here, and nothing was done with them since: no rule of theirs can be there.
    private let untouched = Mutex<Set<FaultID>>([])

    /// How many calls are done in one go: the lock of the tables is held meanwhile, and reverts wait.
    static var mostAtOnce: Int { 512 }
    /// How many prepared faults are remembered; without that they cost a look.
    static var mostUntouched: Int { 4096 }

    /// - Parameters:
    ///   - limit: how long a call may take; what takes longer is still done, in its turn, unless it is reverted meanwhile.
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
        var undo = try await ask(preparations, PacketPreparation(change: change, fault: fault, namespace: namespace))
        undo.namespace = namespace
        undo.backend = Tables.tables
        untouched.withLock { faults in
            if faults.count >= Self.mostUntouched { faults.removeAll() }
            faults.insert(fault)
        }
        return undo
    }

    func foresee(until deadline: Moment) -> Backstop { tables.foresee(until: deadline) }

    func rearm(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop {
        if untouched.withLock({ $0.contains(undo.fault) }) { return foresee(until: deadline) }
        return try await ask(renewals, PacketRenewal(undo: undo, deadline: deadline))
    }

    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        forget(undo.fault)
        return try await ask(applications, PacketApplication(change: change, undo: undo, deadline: deadline))
    }

    func revert(_ undo: PacketUndo) async throws(Problem) -> RevertOutcome {
        forget(undo.fault)
        // What gave up waiting for its turn must not have it after this.
        let overtaken = Problem(.conflict, "fault \(undo.fault) was reverted before it was its turn")
        applications.withdraw(undo.fault, overtaken)
        renewals.withdraw(undo.fault, overtaken)
        return try await ask(reverts, undo, urgent: true)
    }

    func observe(_ undo: PacketUndo) async throws(Problem) -> Evidence { try await ask(looks, undo) }

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

    /// Calls that the thread has not taken yet.
    var waiting: Int { preparations.count + renewals.count + applications.count + reverts.count + looks.count }

    private func forget(_ fault: FaultID) { _ = untouched.withLock { $0.remove(fault) } }

    private func run<T: Sendable>(urgent: Bool = false, _ work: @escaping @Sendable () throws(Problem) -> T) async throws(Problem) -> T {
        try await thread.run(urgent: urgent, within: limit, "edit packet rules", work)
    }

    /// One that ends meanwhile takes with it whatever was in it.
    private static func inventory(of tables: Tables, in place: FoundNamespace) throws(Problem) -> [Artefact] {
        let found = try NetworkNamespace.run(in: place) { () throws(Problem) in try tables.elsewhere.inventory() } ?? []
        return found.map { $0.at(place.inode) }
    }

    // MARK: - rounds

    /// Each call asks for a round of its own. The first round does all that wait by then, and the others find nothing left to do.
    private func ask<Ask, Answer>(_ calls: WaitingCalls<Ask, Answer>, _ ask: Ask, urgent: Bool = false) async throws(Problem) -> Answer {
        try await thread.answer(within: limit, "edit packet rules") { answer in
            calls.add(ask, answer)
            thread.post(urgent: urgent) { urgent ? self.serveReverts(self.tables.round) : self.serveAll() }
        }
    }

    /// Edits before looks, which then see what the edits have read, and whoever wants a fault to end before each edit.
    private func serveAll() {
        // What is asked from here on must not be answered by what this round has read before.
        let (preparations, looks) = (preparations.take(most: Self.mostAtOnce), looks.take(most: Self.mostAtOnce))
        let tables = tables.round
        serveReverts(tables)
        // A revert withdraws these until it is their turn.
        serve(renewals.take(most: Self.mostAtOnce), tables, gone: { .success(tables.foresee(until: $0.deadline)) }) { $0.rearm($1) }
        serveReverts(tables)
        serve(applications.take(most: Self.mostAtOnce), tables, gone: Self.gone) { $0.apply($1) }
        serveReverts(tables)
        serve(preparations, tables, gone: Self.gone) { $0.prepare($1.map { ($0.change, $0.fault) }) }
        serve(looks, tables, gone: { .success(Self.nothing(of: $0)) }) { $0.observe($1) }
    }

    private func serveReverts(_ tables: Tables) {
        let gone = { (undo: PacketUndo) in
            Result<RevertOutcome, Problem>.success(RevertOutcome(.alreadyGone, notes: [undo.namespace?.goneNote].compactMap { $0 }))
        }
        serve(reverts.take(most: Self.mostAtOnce), tables, gone: gone) { $0.revert($1) }
    }

    /// - Parameter gone: the answer for a network namespace that is no more.
    private func serve<Ask, Answer>(
        _ calls: [WaitingCalls<Ask, Answer>.Call], _ tables: Tables, gone: (Ask) -> Result<Answer, Problem>,
        _ work: (Tables, [Ask]) -> [Result<Answer, Problem>]
    ) {
        WaitingCalls.answer(calls) { namespace, asks in
            do throws(Problem) {
                let answers = try NetworkNamespace.run(namespace) { () throws(Problem) in work(namespace == nil ? tables : tables.elsewhere, asks) }
                return answers ?? asks.map(gone)
            } catch { return asks.map { _ in .failure(error) } }
        }
    }

    private static func gone<Answer>(_ ask: some PacketAsk) -> Result<Answer, Problem> {
        .failure(ask.namespace?.gone() ?? Problem(.internalError, "the node's own network is gone"))
    }

    private static func nothing(of undo: PacketUndo) -> Evidence {
        Evidence(
            packets: .init(backend: Tables.tables.rawValue, rules: 0, hitPackets: 0, hitBytes: 0),
            drift: [undo.namespace?.goneDrift].compactMap { $0 })
    }
}
