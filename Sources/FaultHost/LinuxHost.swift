// The real node: each verb handed to the mechanism that the change is for.
public import FaultModel

/// The `Host` of a Linux node. Call `shutdown()` before it goes away.
public final class LinuxHost: Host {
    private let descriptors = DescriptorReserve()
    private let clock: any NodeClock
    let packets: PacketRules
    let systemd: Systemd
    let containers: Containers
    let sockets: Sockets
    let workers: Workers
    let unitActs: UnitActs
    let unitFreezes: UnitFreezes
    let unitOverrides: UnitOverrides
    let network: Network
    let lifelineSights: SharedLook<LifelineSight>
    let traffic: TrafficControl
    let links: LinkControl
    let processes: Processes
    private let files: Files
    private let disk: Disk
    private let wallClock: WallClock
    private let power: Power
    private let cgroups: CgroupLimits

    /// Where things are on this node; everything has its usual place.
    public struct Places: Sendable {
        /// Words that run faultd itself, for the service manager.
        public var program: [String]
        /// What a backstop runs to undo what systemd alone can't, without `--fault ID`.
        public var revertCommand: [String]
        /// See `Systemd.Settings`.
        public var trial: [String]
        /// The lock that everybody who edits the tables takes; in a container, the node's own file.
        public var xtablesLock: String
        /// Beside the journal: what undoing changes to files needs.
        public var state: String
        /// Which tables hold packet rules.
        public var packetBackend: PacketBackendSetting

        public init(
            program: [String] = ["/usr/bin/faultd"], revertCommand: [String] = ["/usr/bin/faultd", "revert"], trial: [String] = [],
            xtablesLock: String = "/run/xtables.lock", packetBackend: PacketBackendSetting = .auto, state: String = "/var/lib/faultd"
        ) {
            self.program = program
            self.trial = trial
            self.state = state
            self.revertCommand = revertCommand
            self.xtablesLock = xtablesLock
            self.packetBackend = packetBackend
        }
    }

    public init(_ places: Places = Places(), clock: any NodeClock) {
        var settings = Systemd.Settings()
        settings.program = places.program
        settings.revertCommand = places.revertCommand
        settings.trial = places.trial
        self.clock = clock
        systemd = Systemd(settings) { clock.now() }
        network = Network()
        let look = LifelineLook(kernel: network.kernel, unitPorts: { [systemd] in await systemd.sshPorts() }, now: { clock.now().boot })
        lifelineSights = SharedLook { await look.sight() }
        containers = Containers(clock: clock)
        let namespaces = Namespaces(of: containers)
        traffic = TrafficControl(namespaces: namespaces)
        links = LinkControl(namespaces: namespaces)
        sockets = Sockets(in: namespaces)
        packets = PacketRules(
            places.packetBackend, iptables: IptablesBackend(lock: places.xtablesLock, others: NamespaceSurvey.others),
            nftables: NftablesBackend(now: { clock.now() }, others: NamespaceSurvey.others), namespaces: namespaces)
        workers = Workers(systemd: systemd, containers: containers, namespaces: namespaces)
        processes = Processes(systemd: systemd)
        files = Files(state: places.state)
        disk = Disk(state: places.state)
        wallClock = WallClock(stepper: ClockStepper(systemd: systemd))
        power = Power(systemd: systemd, clock: clock)
        cgroups = CgroupLimits(containers: containers)
        unitActs = UnitActs(systemd: systemd)
        unitFreezes = UnitFreezes(systemd: systemd)
        unitOverrides = UnitOverrides(systemd: systemd)
    }

    public func shutdown() async { await containers.shutdown() }

    public func resolve(_ query: NodeQuery) async throws(Problem) -> NodeView {
        var view = NodeView()
        if query.containers { view.daemonContainer = ProcessTable.ownContainer() }
        if !query.units.isEmpty { (view.units, view.knownUnits) = try await systemd.units(matching: query.units) }
        if !query.optionalUnits.isEmpty { view.units += try await systemd.units(matching: query.optionalUnits, suggesting: false).units }
        if query.allUnits { view.units = try await systemd.allUnits() }
        if query.containers { (view.containers, view.runtimes, view.runtimeErrors) = await containers.list() }
        view.addresses = await network.addresses(of: query.hostNames)
        if query.resources { view.resources = try await workers.resources() }
        if let port = query.port { view.portHolders = try await workers.holders(of: port) }
        if query.processes {
            view.processes = try await processes.list()
            (view.daemonLine, view.callerLine) = (ProcessTable.ownLine(), query.callerPID.map(ProcessTable.line) ?? [])
        }
        if query.lifelines { view.lifelines = await lifelines(forCaller: query.callerPID) }
        if query.interfaces { view.interfaces = try await network.interfaces(sshPeers: view.lifelines.sshPeers) }
        if !query.files.isEmpty { view.files = try await DiskCalls.onThread("look for files") { () throws(Problem) in FileSights.look(query.files) } }
        if !query.disks.isEmpty {
            let sights = disk.sights
            view.disks = try await DiskCalls.onThread("look at filesystems") { () throws(Problem) in query.disks.map(sights.look) }
        }
        return view
    }

    public func prepare(_ change: Change, for fault: FaultID) async throws(Problem) -> Undo {
        switch change {
        case .packets(let change): .packets(try await packets.prepare(change, for: fault))
        case .units(let change): .units(try await systemd.prepare(change, for: fault))
        case .containers(let change): .containers(try await containers.prepare(change, for: fault))
        case .traffic(let change): .traffic(try await traffic.prepare(change, for: fault))
        case .links(let change): .links(try await links.prepare(change, for: fault))
        case .sockets(let change): .sockets(try await sockets.prepare(change, for: fault))
        case .workers(let change): .workers(try await workers.prepare(change, for: fault))
        case .processes(let change): .processes(try await processes.prepare(change, for: fault))
        case .files(let change): .files(try await files.prepare(change, for: fault))
        case .disk(let change): .disk(try await disk.prepare(change, for: fault))
        case .clock(let change): .clock(try await wallClock.prepare(change, for: fault))
        case .cgroups(let change): .cgroups(try await cgroups.prepare(change, for: fault))
        case .power(let change): .power(try await power.prepare(change, for: fault))
        case .unitActs(let change): .unitActs(try await unitActs.prepare(change, for: fault))
        case .unitFreezes(let change): .unitFreezes(try await unitFreezes.prepare(change, for: fault))
        case .unitOverrides(let change): .unitOverrides(try await unitOverrides.prepare(change, for: fault))
        }
    }

    public func apply(_ change: Change, undo: Undo, until deadline: Moment) async throws(Problem) -> Evidence {
        try deadline.refuseIfOver(at: clock.now())
        return switch (change, undo) {
        case (.packets(let change), .packets(let undo)): try await packets.apply(change, undo: undo, until: deadline)
        case (.units(let change), .units(let undo)): try await systemd.apply(change, undo: undo, until: deadline)
        case (.containers(let change), .containers(let undo)): try await containers.apply(change, undo: undo, until: deadline)
        case (.traffic(let change), .traffic(let undo)): try await traffic.apply(change, undo: undo, until: deadline)
        case (.links(let change), .links(let undo)): try await links.apply(change, undo: undo, until: deadline)
        case (.sockets(let change), .sockets(let undo)): try await sockets.apply(change, undo: undo, until: deadline)
        case (.workers(let change), .workers(let undo)): try await workers.apply(change, undo: undo, until: deadline)
        case (.processes(let change), .processes(let undo)): try await processes.apply(change, undo: undo, until: deadline)
        case (.files(let change), .files(let undo)): try await files.apply(change, undo: undo, until: deadline)
        case (.disk(let change), .disk(let undo)): try await disk.apply(change, undo: undo, until: deadline)
        case (.clock(let change), .clock(let undo)): try await wallClock.apply(change, undo: undo, until: deadline)
        case (.cgroups(let change), .cgroups(let undo)): try await cgroups.apply(change, undo: undo, until: deadline)
        case (.power(let change), .power(let undo)): try await power.apply(change, undo: undo, until: deadline)
        case (.unitActs(let change), .unitActs(let undo)): try await unitActs.apply(change, undo: undo, until: deadline)
        case (.unitFreezes(let change), .unitFreezes(let undo)): try await unitFreezes.apply(change, undo: undo, until: deadline)
        case (.unitOverrides(let change), .unitOverrides(let undo)): try await unitOverrides.apply(change, undo: undo, until: deadline)
        // Whoever adds a mechanism is told by `prepare` and `bound`; a pair that is not above can only be mixed up.
        default: throw Problem(.internalError, "the undo is of another mechanism than the change")
        }
    }

    private func bound(_ undo: Undo) -> any BoundUndo {
        switch undo {
        case .packets(let undo): Bound(packets, undo)
        case .units(let undo): Bound(systemd, undo)
        case .sockets(let undo): Bound(sockets, undo)
        case .containers(let undo): Bound(TimerBacked(part: "containers", base: containers, systemd: systemd), undo)
        case .traffic(let undo): Bound(TimerBacked(part: undo.timerPart, base: traffic, systemd: systemd), undo)
        case .links(let undo): Bound(TimerBacked(part: undo.timerPart, base: links, systemd: systemd), undo)
        case .workers(let undo): Bound(workers, undo)
        case .processes(let undo): Bound(TimerBacked(part: "processes", base: processes, systemd: systemd), undo)
        case .files(let undo): Bound(TimerBacked(part: "files", base: files, systemd: systemd), undo)
        case .disk(let undo): Bound(TimerBacked(part: "disk", base: disk, systemd: systemd), undo)
        case .clock(let undo): Bound(TimerBacked(part: "clock", base: wallClock, systemd: systemd), undo)
        case .cgroups(let undo): Bound(TimerBacked(part: "cgroups", base: cgroups, systemd: systemd), undo)
        case .power(let undo): Bound(power, undo)
        case .unitActs(let undo): Bound(unitActs, undo)
        case .unitFreezes(let undo): Bound(unitFreezes, undo)
        case .unitOverrides(let undo): Bound(TimerBacked(part: "unit-overrides", base: unitOverrides, systemd: systemd), undo)
        }
    }

    /// In the order in which `capabilities` are told.
    private var mechanisms: [any Mechanism] {
        [packets, systemd, containers, traffic, workers, processes, files, disk, wallClock, power, links, unitOverrides]
    }

    private func mechanism(of artefact: Artefact) -> any Mechanism {
        switch artefact.mechanism {
        case .packets: packets
        case .units: systemd
        case .traffic: traffic
        case .workers: workers
        case .files: files
        case .disk: disk
        case .unitOverrides: unitOverrides
        }
    }

    // MARK: - the same for every mechanism

    public func foresee(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? { try await bound(undo).foresee(until: deadline) }
    public func arm(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? { try await bound(undo).arm(until: deadline) }
    public func observe(_ undo: Undo) async throws(Problem) -> Evidence { try await bound(undo).observe() }
    public func follow(_ undo: Undo) -> AsyncStream<Evidence>? { bound(undo).follow() }
    public func revert(_ undo: Undo) async throws(Problem) -> RevertOutcome {
        try await descriptors.lend { () throws(Problem) in try await bound(undo).revert() }
    }

    /// Of the mechanisms that this node has: where there is no netfilter, there is nothing of ours in it.
    /// They are asked at once: each has somebody else to ask.
    public func inventory() async throws(Problem) -> [Artefact] {
        let answers = await together(mechanisms) { mechanism -> Result<[Artefact], Problem> in
            do throws(Problem) { return .success(try await mechanism.inventory()) } catch { return .failure(error) }
        }
        var found: [Artefact] = []
        for answer in answers {
            do throws(Problem) { found += try answer.get() } catch {
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
