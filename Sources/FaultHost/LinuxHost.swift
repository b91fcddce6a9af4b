// The real node: each verb handed to the mechanism that the change is for.
public import FaultModel

/// The `Host` of a Linux node. Call `shutdown()` before it goes away.
public final class LinuxHost: Host {
    private let descriptors = DescriptorReserve()
    private let clock: any NodeClock
    private let packets: any PacketBackend
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
        packets = IptablesBackend(lock: places.xtablesLock)
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

    public func foresee(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? {
        switch undo {
        case .packets: packets.foresee(until: deadline)
        case .units(let undo): try await systemd.foresee(undo, until: deadline)
        case .containers(let undo): try await foreseeContainers(undo, until: deadline)
        }
    }

    public func arm(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? {
        switch undo {
        case .packets(let undo): try await packets.rearm(undo, until: deadline)
        case .units(let undo): try await systemd.arm(undo, until: deadline)
        case .containers(let undo): try await armContainers(undo, until: deadline)
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

    public func revert(_ undo: Undo) async throws(Problem) -> RevertOutcome {
        try await descriptors.lend { () throws(Problem) in try await reverted(undo) }
    }

    private func reverted(_ undo: Undo) async throws(Problem) -> RevertOutcome {
        switch undo {
        case .packets(let undo): try await packets.revert(undo)
        case .units(let undo): try await systemd.revert(undo)
        case .containers(let undo): try await revertContainers(undo)
        }
    }

    public func observe(_ undo: Undo) async throws(Problem) -> Evidence {
        switch undo {
        case .packets(let undo): try await packets.observe(undo)
        case .units(let undo): try await systemd.observe(undo)
        case .containers(let undo): try await containers.observe(undo)
        }
    }

    public func follow(_ undo: Undo) -> AsyncStream<Evidence> {
        switch undo {
        case .packets: AsyncStream { $0.finish() }
        case .units(let undo): systemd.follow(undo)
        case .containers(let undo): containers.follow(undo)
        }
    }

    /// Of the mechanisms that this node has: where there is no netfilter, there is nothing of ours in it.
    public func inventory() async throws(Problem) -> [Artefact] {
        try await present { () throws(Problem) in try await packets.inventory() } + present { () throws(Problem) in try await systemd.inventory() }
    }

    private func present(_ look: () async throws(Problem) -> [Artefact]) async throws(Problem) -> [Artefact] {
        do { return try await look() } catch {
            if error.type == .missingDependency { return [] }
            throw error
        }
    }

    public func remove(_ artefact: Artefact) async throws(Problem) {
        switch artefact.mechanism {
        case .packets: try await packets.remove(artefact)
        case .units: try await systemd.remove(artefact)
        }
    }

    public func capabilities() async -> [CapabilityReport] {
        async let packets = packets.capability()
        async let units = systemd.capability()
        async let containers = containers.capability()
        return await [packets, units, containers]
    }
}
