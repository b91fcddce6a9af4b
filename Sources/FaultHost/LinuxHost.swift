// The real node: each verb handed to the mechanism that the change is for.
public import FaultModel

/// The `Host` of a Linux node. Call `shutdown()` before it goes away.
public final class LinuxHost: Host {
    private let descriptors = DescriptorReserve()
    private let clock: any NodeClock
    let packets: PacketRules
    let systemd: Systemd
    let containers: Containers
    let network = Network()

    /// Where things are on this node; everything has its usual place.
    public struct Places: Sendable {
        /// What a backstop runs to undo what systemd alone can't, without `--fault ID`.
        public var revertCommand: [String]
        /// The lock that everybody who edits the tables takes; in a container, the node's own file.
        public var xtablesLock: String

        public init(revertCommand: [String] = ["/usr/bin/faultd", "revert"], xtablesLock: String = "/run/xtables.lock") {
            self.revertCommand = revertCommand
            self.xtablesLock = xtablesLock
        }
    }

    public init(_ places: Places = Places(), clock: any NodeClock) {
        var settings = Systemd.Settings()
        settings.revertCommand = places.revertCommand
        packets = PacketRules(backend: IptablesBackend(lock: places.xtablesLock))
        self.clock = clock
        systemd = Systemd(settings) { clock.now() }
        containers = Containers(clock: clock)
    }

    public func shutdown() async { await containers.shutdown() }

    public func resolve(_ query: NodeQuery) async throws(Problem) -> NodeView {
        var view = NodeView()
        if !query.units.isEmpty { (view.units, view.knownUnits) = try await systemd.units(matching: query.units) }
        if query.allUnits { view.units = try await systemd.allUnits() }
        if query.containers { (view.containers, view.runtimes, view.runtimeErrors) = await containers.list() }
        view.addresses = await network.addresses(of: query.hostNames)
        if query.interfaces { view.interfaces = try network.interfaces() }
        if query.lifelines { view.lifelines = await lifelines(forCaller: query.callerPID) }
        return view
    }

    public func prepare(_ change: Change, for fault: FaultID) async throws(Problem) -> Undo {
        switch change {
        case .packets(let change): .packets(try await packets.prepare(change, for: fault))
        case .units(let change): .units(try await systemd.prepare(change, for: fault))
        case .containers(let change): .containers(try await containers.prepare(change, for: fault))
        }
    }

    public func apply(_ change: Change, undo: Undo, until deadline: Moment) async throws(Problem) -> Evidence {
        try deadline.refuseIfOver(at: clock.now())
        return switch (change, undo) {
        case (.packets(let change), .packets(let undo)): try await packets.apply(change, undo: undo, until: deadline)
        case (.units(let change), .units(let undo)): try await systemd.apply(change, undo: undo, until: deadline)
        case (.containers(let change), .containers(let undo)): try await containers.apply(change, undo: undo, until: deadline)
        case (.packets, _), (.units, _), (.containers, _): throw Problem(.internalError, "the undo is of another mechanism than the change")
        }
    }

    private func bound(_ undo: Undo) -> any BoundUndo {
        switch undo {
        case .packets(let undo): Bound(packets, undo)
        case .units(let undo): Bound(systemd, undo)
        case .containers(let undo): Bound(TimerBacked(part: "containers", base: containers, systemd: systemd), undo)
        }
    }

    /// In the order in which `capabilities` are told.
    private var mechanisms: [any Mechanism] { [packets, systemd, containers] }

    private func mechanism(of artefact: Artefact) -> any Mechanism {
        switch artefact.mechanism {
        case .packets: packets
        case .units: systemd
        }
    }

    // MARK: - the same for every mechanism

    public func foresee(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? { try await bound(undo).foresee(until: deadline) }
    public func arm(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? { try await bound(undo).arm(until: deadline) }
    public func observe(_ undo: Undo) async throws(Problem) -> Evidence { try await bound(undo).observe() }
    public func follow(_ undo: Undo) -> AsyncStream<Evidence> { bound(undo).follow() }
    public func revert(_ undo: Undo) async throws(Problem) -> RevertOutcome {
        try await descriptors.lend { () throws(Problem) in try await bound(undo).revert() }
    }

    /// Of the mechanisms that this node has: where there is no netfilter, there is nothing of ours in it.
    public func inventory() async throws(Problem) -> [Artefact] {
        var found: [Artefact] = []
        for mechanism in mechanisms {
            do { found += try await mechanism.inventory() } catch {
                if error.type != .missingDependency { throw error }
            }
        }
        return found
    }

    public func remove(_ artefact: Artefact) async throws(Problem) { try await mechanism(of: artefact).remove(artefact) }

    public func capabilities() async -> [CapabilityReport] {
        await withTaskGroup(of: (Int, [CapabilityReport]).self) { group in
            for (index, mechanism) in mechanisms.enumerated() { group.addTask { (index, await mechanism.capabilities()) } }
            var reports: [Int: [CapabilityReport]] = [:]
            for await (index, found) in group { reports[index] = found }
            return mechanisms.indices.flatMap { reports[$0] ?? [] }
        }
    }
}
