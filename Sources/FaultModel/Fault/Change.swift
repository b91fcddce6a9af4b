// The closed vocabulary of what a fault does to a node, and of what takes it back.

/// One act on one mechanism. A kind lists them; the host executes them; nothing else reaches a node.
///
/// Indirect: records are copied often, and thousands of them kept; what they hold is the same each time.
public indirect enum Change: Sendable, Hashable, Codable {
    case packets(PacketChange)
    case units(UnitChange)
    case containers(ContainerChange)
    case traffic(TrafficChange)
    case links(LinkChange)
    case sockets(SocketChange)
    case workers(WorkerChange)
    case processes(ProcessChange)
    case files(FileChange)
    case disk(DiskChange)
    case clock(ClockChange)
    case power(PowerChange)
    case cgroups(CgroupChange)
    case unitActs(UnitActChange)
    case unitFreezes(UnitFreezeChange)
    case unitOverrides(UnitOverrideChange)
}

/// A step in the words of the tool that a person would have used.
public struct ChangeStep: Sendable, Hashable, Codable {
    public var apply: String
    public var revert: String

    public init(apply: String, revert: String) {
        self.apply = apply
        self.revert = revert
    }
}

/// Packet rules in the chains of ours, all in force at once.
public struct PacketChange: ChangePart {
    public var rules: [PacketRule]
    /// The container in whose network namespace they are put; nil is the node's own.
    public var inside: ContainerPin?

    public init(rules: [PacketRule], inside: ContainerPin? = nil) {
        self.rules = rules
        self.inside = inside
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        rules.map { rule in
            let text = rule.iptablesArguments(mark: mark, until: until)
            return ChangeStep(apply: "\(inside.entering)\(rule.command) -A \(text)", revert: "\(inside.entering)\(rule.command) -D \(text)")
        }
    }
}

/// Units that are stopped together and stay down until the lease ends.
public struct UnitChange: ChangePart {
    /// What the caller asked for.
    public var units: [String]
    /// Sockets, timers and paths that would start them again; stopped first.
    public var triggers: [String]
    /// Active units that systemd takes down along with them (unit.stop's preview); started again with them.
    public var dependents: [String]
    /// Kill what is still stopping when the fault ends; nil, as older journals have it, is no.
    public var force: Bool?

    public init(units: [String], triggers: [String], dependents: [String], force: Bool? = nil) {
        self.units = units
        self.triggers = triggers
        self.dependents = dependents
        self.force = force
    }

    /// Every unit that was active and will be again, those that start others first.
    public var all: [String] { triggers + units + dependents }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        (triggers + units).map { ChangeStep(apply: "systemctl stop \($0)", revert: "systemctl start \($0)") }
            + dependents.map { ChangeStep(apply: "(goes down with it) \($0)", revert: "systemctl start \($0)") }
    }
}

/// Something done to containers, each pinned so that no other can be hit in its place.
public struct ContainerChange: ChangePart {
    public enum Action: Sendable, Hashable, Codable {
        /// A signal to the container's first process: what the runtime sees is a crash.
        case signal(Signal)
        /// The runtime's own kill: it counts as stopped by hand, and restart policies leave it so.
        case apiKill(Signal)
        /// Nothing now; whatever takes the containers down meanwhile, they run again afterwards.
        case keepRunning
        /// All its processes frozen; the runtime knows.
        case pause
        /// The runtime's own stop: asked first, killed after so many seconds. It counts as stopped by hand.
        case stop(seconds: Int)
        /// The runtime's own restart; where it has none (CRI), a stop after which the kubelet makes a new one.
        case restart(seconds: Int)
        /// Stopped and deleted, without its volumes.
        case remove

        /// Whether the runtime takes the container for stopped by hand then, so that its restart policy does not act.
        public var isByHand: Bool {
            switch self {
            case .apiKill, .stop, .remove: true
            case .signal, .keepRunning, .pause, .restart: false
            }
        }
    }
    public var action: Action
    public var targets: [ContainerPin]

    public init(action: Action, targets: [ContainerPin]) {
        self.action = action
        self.targets = targets
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        targets.map { target in
            let start =
                target.canBeStarted ? "\(target.runtime.tool) start \(target.name) (if it is not back by itself)" : "(its supervisor replaces it)"
            let tool = target.runtime.tool
            switch action {
            case .signal(let signal): return ChangeStep(apply: "kill -\(signal.rawValue) $(first process of \(target.name))", revert: start)
            case .apiKill(let signal): return ChangeStep(apply: "\(tool) kill -s \(signal.rawValue) \(target.name)", revert: start)
            case .keepRunning: return ChangeStep(apply: "(remember that \(target.name) runs)", revert: start)
            case .pause: return ChangeStep(apply: "\(tool) pause \(target.name)", revert: "\(tool) unpause \(target.name)")
            case .stop(let seconds): return ChangeStep(apply: "\(tool) stop -t \(seconds) \(target.name)", revert: start)
            case .restart(let seconds): return ChangeStep(apply: "\(tool) \(restart(target)) -t \(seconds) \(target.name)", revert: start)
            case .remove: return ChangeStep(apply: "\(tool) rm -f \(target.name)", revert: "(can't be undone)")
            }
        }
    }

    /// CRI has no restart.
    private func restart(_ target: ContainerPin) -> String { target.runtime.speaksCRI ? "stop" : "restart" }
}

/// Signals that a fault may send (signal(7)).
public enum Signal: String, SpecWord, Sendable, Hashable {
    case kill = "KILL"
    case term = "TERM"
    case int = "INT"
    case hup = "HUP"
    case quit = "QUIT"
    case abrt = "ABRT"
    case usr1 = "USR1"
    case usr2 = "USR2"
    case segv = "SEGV"

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value else { throw ValueError("must be a signal's name such as \"KILL\", not \(value.typeName)") }
        let bare = text.uppercased().hasPrefix("SIG") ? String(text.uppercased().dropFirst(3)) : text.uppercased()
        guard let signal = Signal(rawValue: bare) else {
            throw ValueError("must be one of \(Signal.allCases.map(\.rawValue).joined(separator: ", ")), not \(value.text())")
        }
        self = signal
    }

    public var number: Int32 {
        switch self {
        case .hup: 1
        case .int: 2
        case .quit: 3
        case .abrt: 6
        case .kill: 9
        case .usr1: 10
        case .segv: 11
        case .usr2: 12
        case .term: 15
        }
    }

    /// Whether the first process of a container cannot but end by it.
    public var isFatal: Bool { self == .kill }
}
