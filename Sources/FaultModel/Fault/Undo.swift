// What takes a change back: data, written before the change, safe to run twice and safe to run without the change.

/// What was there and what we put there, enough to restore the one and remove the other with no memory of anything else. Indirect as `Change` is.
public indirect enum Undo: Sendable, Hashable, Codable {
    case packets(PacketUndo)
    case units(UnitUndo)
    case containers(ContainerUndo)
    case traffic(TrafficUndo)
    case links(LinkUndo)
    case sockets(SocketUndo)
    case workers(WorkerUndo)
    case processes(ProcessUndo)
    case files(FileUndo)
    case disk(DiskUndo)
    case clock(ClockUndo)
    case power(PowerUndo)
    case cgroups(CgroupUndo)
    case unitActs(UnitActUndo)
    case unitFreezes(UnitFreezeUndo)
    case unitOverrides(UnitOverrideUndo)
}

/// Removes the rules that carry the fault's mark; never by position.
public struct PacketUndo: UndoPart {
    public var fault: FaultID
    public var rules: [PacketRule]
    /// The chains that the rules' own are jumped to from, as they were; nil in the journal of a version that did not look.
    public var before: ChainPrints?
    /// Where they are; nil is the node's own.
    public var namespace: NamespacePin?
    /// Which tables hold them, whatever a node would choose now; nil, as older journals have it, is iptables.
    public var backend: PacketTables?
    /// Which of faultd's nftables tables they are in; nil is the first.
    public var shard: Int?

    public init(
        fault: FaultID, rules: [PacketRule], before: ChainPrints? = nil, namespace: NamespacePin? = nil, backend: PacketTables? = nil,
        shard: Int? = nil
    ) {
        self.fault = fault
        self.rules = rules
        self.before = before
        self.namespace = namespace
        self.backend = backend
        self.shard = shard
    }

    public func stepsTaken(lease: Duration) -> [ChangeStep]? {
        backend == .nftables ? NftablesFault(fault, shard: shard).steps(rules, lasting: lease) : nil
    }

    /// The kernel forgets them, but a container that reboots keeps its network namespace where that outlives it. By mark it is cheap and sure.
    public var isForgottenByReboot: Bool { false }
}

/// The units as they were.
public struct UnitUndo: UndoPart {
    public var fault: FaultID
    /// Triggers first, then the units, then their dependents.
    public var units: [UnitSnapshot]
    /// See `UnitChange.force`.
    public var force: Bool?

    public init(fault: FaultID, units: [UnitSnapshot], force: Bool? = nil) {
        self.fault = fault
        self.units = units
        self.force = force
    }

    /// systemd starts what is enabled, whatever ran or did not run when the node went down.
    public var isForgottenByReboot: Bool { true }
}

/// A unit's state before the fault (org.freedesktop.systemd1(5)).
public struct UnitSnapshot: Sendable, Hashable, Codable {
    public var name: String
    public var loadState: String
    public var activeState: String
    public var subState: String
    public var unitFileState: String
    /// 32 hexadecimal digits; changes each time the unit is started.
    public var invocationID: String

    public init(name: String, loadState: String, activeState: String, subState: String, unitFileState: String, invocationID: String) {
        self.name = name
        self.loadState = loadState
        self.activeState = activeState
        self.subState = subState
        self.unitFileState = unitFileState
        self.invocationID = invocationID
    }

    public var wasActive: Bool { ["active", "activating", "reloading"].contains(activeState) }
}

/// The containers that ran. Reverting starts again those that are still dead and that nothing replaced.
public struct ContainerUndo: UndoPart {
    public var fault: FaultID
    public var action: ContainerChange.Action
    public var targets: [ContainerPin]

    public init(fault: FaultID, action: ContainerChange.Action, targets: [ContainerPin]) {
        self.fault = fault
        self.action = action
        self.targets = targets
    }

    /// A crash leaves no trace in the runtime's own state, and a pause ends with the processes. What its API stopped it takes for stopped by hand,
    /// and a restart policy that would have started the container at boot leaves it dead; without a policy the boot would have left it so anyway.
    public var isForgottenByReboot: Bool {
        switch action {
        case .signal, .keepRunning, .pause, .restart, .remove: true
        case .apiKill, .stop: !targets.contains(where: \.hasRestartPolicy)
        }
    }

    public var isHeld: Bool { action == .pause }
    public var needsBackstop: Bool { action != .keepRunning }

    public var irreversible: [String] {
        switch action {
        case .keepRunning, .pause: []
        case .remove: targets.map { "\($0.name) is removed for good, with all that it has written outside its volumes" }
        case .signal, .apiKill, .stop, .restart:
            targets.filter { !$0.canBeStarted && !$0.isSupervised }.map {
                $0.autoRemove ? "\($0.name) was started with --rm: killed, it is gone for good" : "nothing is known that would start \($0.name) again"
            }
        }
    }

    public var outlook: [String] {
        if action == .keepRunning { return [] }
        return targets.map { "\($0.title): \(Expectation.note($0, action))" }
    }
}

/// How one undo went.
public struct RevertOutcome: Sendable, Hashable, Codable {
    public enum Result: String, Sendable, Hashable, Codable {
        /// It was as we left it, and is now as it was before.
        case restored
        /// It was as before already.
        case alreadyGone = "already-gone"
        /// Somebody else changed it meanwhile; it was left as they want it.
        case superseded
    }
    public var result: Result
    /// For people: what was done, or who changed what.
    public var notes: [String]
    /// Differences from before that remain, each with whose they are; empty is clean.
    public var drift: [String]

    public init(_ result: Result, notes: [String] = [], drift: [String] = []) {
        self.result = result
        self.notes = notes
        self.drift = drift
    }
}
