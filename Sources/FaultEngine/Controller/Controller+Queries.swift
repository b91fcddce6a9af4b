// What the engine tells: faults, kinds, targets, the node.
import FaultKinds
public import FaultModel

extension Controller {
    /// A fault; of one in force, with what can be seen of it now.
    public func fault(_ id: FaultID) async throws(Problem) -> FaultDocument {
        let record = try await record(id)
        guard record.state == .active else { return document(record) }
        await look(at: id)
        return document(try await self.record(id))
    }

    /// Newest first.
    public nonisolated func faults(_ query: HistoryQuery) async throws(Problem) -> [FaultDocument] {
        try await found(query).map(document)
    }

    private func found(_ query: HistoryQuery) async throws(Problem) -> ArraySlice<FaultRecord> {
        let (ids, late) = (live.ids, outbox.records)
        let alive = ids.reversed().lazy.compactMap { self.live[$0]?.record }.filter(query.matches).prefix(query.limit)
        let ended = late.values.filter { !ids.holds($0.id) && query.matches($0) }
        let known = Array(alive) + ended
        let stored = try await journal.history(query) { ids.holds($0) || late[$0] != nil }
        return (known + stored).sorted { $0.id > $1.id }.prefix(query.limit)
    }

    public func kinds() async -> [KindDocument] {
        let reports = await host.capabilities()
        let outlook = await outlooks()
        return kinds.map { KindDocument($0, missing: Self.missing($0, reports), backstop: outlook($0)) }
    }

    public func kind(_ name: String) async throws(Problem) -> KindDocument {
        do {
            let kind = try Catalog.kind(named: name, among: kinds)
            return KindDocument(kind, missing: Self.missing(kind, await host.capabilities()), backstop: await outlooks()(kind))
        } catch { throw Problem(.notFound, error.detail, hint: error.hint) }
    }

    static func missing(_ kind: any FaultKind, _ reports: [CapabilityReport]) -> [CapabilityReport] {
        reports.filter { !$0.available && kind.requires.contains($0.capability) }
    }

    /// What could be hit on this node.
    public func targets(_ query: NodeQuery) async throws(Problem) -> NodeView { try await host.resolve(query) }

    public func ready() -> ReadyDocument {
        let stuck = live.stuck.sorted()
        let journalDetail = outbox.failures > 0 ? "the journal can't be written" : nil
        let stuckDetail = stuck.isEmpty ? nil : "\(stuck.count) faults could not be undone yet"
        let details = [stuckDetail, journalDetail].compactMap { $0 }
        return ReadyDocument(ready: stuck.isEmpty, stuck: stuck, detail: details.isEmpty ? "ready" : details.joined(separator: "; "))
    }

    public func node() async -> NodeDocument {
        NodeDocument(
            node: nodeName, version: version, boot_id: clock.bootID, capabilities: await host.capabilities(), policy: policy.document,
            halt: HaltDocument(halted), active: live.count, stuck: ready().stuck)
    }
}

extension Policy {
    var document: NodeDocument.PolicyDocument {
        .init(
            default_lease: TextDuration(defaultLease), max_lease: TextDuration(maxLease), max_faults: maxFaults, max_targets: maxTargets,
            protected_units: protection.units, protected_ports: protection.ports, denied_kinds: deniedKinds,
            require_backstop: requireBackstop, admins: admins)
    }
}
