// The mechanism behind `Change.packets`: the verbs of the host, handed to the backend that is chosen, or that holds the rules.
import FaultModel
import Synchronization

/// Both backends, and the choice between them for the next fault. What is in force is its own backend's, whatever would be chosen now.
final class PacketRules: Mechanism {
    private let setting: PacketBackendSetting
    private let iptables: IptablesBackend
    private let nftables: NftablesBackend
    private let namespaces: Namespaces
    private let chosen = Mutex<BackendChoice?>(nil)

    init(_ setting: PacketBackendSetting, iptables: IptablesBackend, nftables: NftablesBackend, namespaces: Namespaces) {
        self.setting = setting
        self.iptables = iptables
        self.nftables = nftables
        self.namespaces = namespaces
    }

    func prepare(_ change: PacketChange, for fault: FaultID) async throws(Problem) -> PacketUndo {
        let namespace = try await namespaces.pin(change.inside)
        try await namespaces.require(change.namedInterfaces, in: namespace)
        // nft can't search a packet, and rules of both kinds are in force at once.
        let tables = change.rules.contains { $0.table == .raw } ? .iptables : await choice().tables
        return try await backend(tables).prepare(change, for: fault, in: namespace)
    }

    func foresee(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        // Without rules it was not prepared, and stands for any.
        let tables = undo.rules.isEmpty ? await choice().tables : undo.backend
        return backend(tables).foresee(until: deadline)
    }

    func arm(_ undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try await backend(undo.backend).rearm(undo, until: deadline)
    }

    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await backend(undo.backend).apply(change, undo: undo, until: deadline)
    }

    func revert(_ undo: PacketUndo) async throws(Problem) -> RevertOutcome { try await backend(undo.backend).revert(undo) }
    func observe(_ undo: PacketUndo) async throws(Problem) -> Evidence { try await backend(undo.backend).observe(undo) }

    /// Of both: an earlier run may have chosen otherwise. One that this node does not have holds nothing.
    func inventory() async throws(Problem) -> [Artefact] {
        var found: [Artefact] = []
        var missing: [Problem] = []
        for backend in all {
            do throws(Problem) { found += try await backend.inventory().filter { !found.contains($0) } } catch {
                guard error.type == .missingDependency else { throw error }
                missing.append(error)
            }
        }
        if missing.count == all.count, let problem = missing.first { throw problem }
        return found
    }

    func remove(_ artefact: Artefact) async throws(Problem) {
        for backend in all {
            do throws(Problem) { try await backend.remove(artefact) } catch {
                if error.type != .missingDependency { throw error }
            }
        }
    }

    func capabilities() async -> [CapabilityReport] {
        let choice = await choose()
        var report = await backend(choice.tables).capability()
        report.detail += " (chosen: \(choice.why))"
        return [report]
    }

    // MARK: - choosing

    private var all: [any PacketBackend] { [iptables, nftables] }

    /// Nil, as older journals have it, is iptables.
    private func backend(_ tables: PacketTables?) -> any PacketBackend {
        switch tables {
        case .nftables: nftables
        case .iptables, nil: iptables
        }
    }

    /// Made once, and anew whenever somebody asks what the node has: looking costs as much as a fault does.
    private func choice() async -> BackendChoice {
        if let made = chosen.withLock({ $0 }) { return made }
        return await choose()
    }

    private func choose() async -> BackendChoice {
        let isOpen = setting == .auto
        let choice = BackendChoice.make(
            setting, iptables: isOpen ? await iptables.use() : .unused, nftables: isOpen ? await nftables.use() : .unused)
        chosen.withLock { $0 = choice }
        return choice
    }
}

extension PacketChange {
    /// Those that its rules must meet to have an effect.
    fileprivate var namedInterfaces: Set<String> {
        Set(rules.flatMap { [$0.inInterface, $0.outInterface] }.compactMap { $0 }.filter { !$0.negated }.map(\.name))
    }
}
