// What every mechanism's change and undo can say of themselves. A new mechanism is a case in `Change` and `Undo` and a line in each switch here.

/// The part of a change that one mechanism makes.
public protocol ChangePart: Sendable, Hashable, Codable {
    /// One line a step: what is done and what will undo it, as commands that a person knows.
    func steps(mark: String, until: Timestamp?) -> [ChangeStep]
}

/// What takes that part back.
public protocol UndoPart: Sendable, Hashable, Codable {
    var fault: FaultID { get }
    /// Whether it keeps something as it is while it lasts, which others can undo; a kill is done once.
    var isHeld: Bool { get }
    /// Why the change, once made, could not be fully taken back; empty when it can.
    var irreversible: [String] { get }
    /// Whether something must be able to end the change without the daemon. What is only watched over goes back with what took it down.
    var needsBackstop: Bool { get }
    /// Whether a reboot takes the change away, or leaves things as they would be had it never been made: then what the boot brought up
    /// is what there has to be, and undoing would start what nobody wanted started.
    var isForgottenByReboot: Bool { get }
    /// What is really done, where only the undo knows which of several means the node has; nil is what the change says.
    func stepsTaken(lease: Duration) -> [ChangeStep]?
    /// What the platform will probably do next, for people: restart policies, supervisors.
    var outlook: [String] { get }
    /// Whether the change is the node's own end: it is over when the node has booted anew, and not before.
    var endsWithTheBoot: Bool { get }
}

extension UndoPart {
    public func stepsTaken(lease: Duration) -> [ChangeStep]? { nil }
    public var isHeld: Bool { true }
    public var irreversible: [String] { [] }
    public var needsBackstop: Bool { true }
    public var outlook: [String] { [] }
    public var endsWithTheBoot: Bool { false }
}

extension Change {
    public var part: any ChangePart {
        switch self {
        case .packets(let change): change
        case .units(let change): change
        case .containers(let change): change
        case .traffic(let change): change
        case .links(let change): change
        case .sockets(let change): change
        case .workers(let change): change
        case .processes(let change): change
        case .files(let change): change
        case .disk(let change): change
        case .clock(let change): change
        case .power(let change): change
        case .cgroups(let change): change
        case .unitActs(let change): change
        case .unitFreezes(let change): change
        case .unitOverrides(let change): change
        }
    }

    /// Which mechanism of the host it is for, as one word for logs.
    public var mechanism: String {
        switch self {
        case .packets: "packets"
        case .units: "units"
        case .containers: "containers"
        case .traffic: "traffic"
        case .links: "links"
        case .sockets: "sockets"
        case .workers: "workers"
        case .processes: "processes"
        case .files: "files"
        case .disk: "disk"
        case .clock: "clock"
        case .power: "power"
        case .cgroups: "cgroups"
        case .unitActs: "unit-acts"
        case .unitFreezes: "unit-freezes"
        case .unitOverrides: "unit-overrides"
        }
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] { part.steps(mark: mark, until: until) }
}

extension Undo {
    public var part: any UndoPart {
        switch self {
        case .packets(let undo): undo
        case .units(let undo): undo
        case .containers(let undo): undo
        case .traffic(let undo): undo
        case .links(let undo): undo
        case .sockets(let undo): undo
        case .workers(let undo): undo
        case .processes(let undo): undo
        case .files(let undo): undo
        case .disk(let undo): undo
        case .clock(let undo): undo
        case .power(let undo): undo
        case .cgroups(let undo): undo
        case .unitActs(let undo): undo
        case .unitFreezes(let undo): undo
        case .unitOverrides(let undo): undo
        }
    }

    public var mechanism: String {
        switch self {
        case .packets: "packets"
        case .units: "units"
        case .containers: "containers"
        case .traffic: "traffic"
        case .links: "links"
        case .sockets: "sockets"
        case .workers: "workers"
        case .processes: "processes"
        case .files: "files"
        case .disk: "disk"
        case .clock: "clock"
        case .power: "power"
        case .cgroups: "cgroups"
        case .unitActs: "unit-acts"
        case .unitFreezes: "unit-freezes"
        case .unitOverrides: "unit-overrides"
        }
    }

    public var isHeld: Bool { part.isHeld }
    public var irreversible: [String] { part.irreversible }
    public var needsBackstop: Bool { part.needsBackstop }
    public var isForgottenByReboot: Bool { part.isForgottenByReboot }
    public var endsWithTheBoot: Bool { part.endsWithTheBoot }
}
