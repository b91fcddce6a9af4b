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
}

extension UndoPart {
    public var isHeld: Bool { true }
    public var irreversible: [String] { [] }
    public var needsBackstop: Bool { true }
}

extension Change {
    public var part: any ChangePart {
        switch self {
        case .packets(let change): change
        case .units(let change): change
        case .containers(let change): change
        }
    }

    /// Which mechanism of the host it is for, as one word for logs.
    public var mechanism: String {
        switch self {
        case .packets: "packets"
        case .units: "units"
        case .containers: "containers"
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
        }
    }

    public var mechanism: String {
        switch self {
        case .packets: "packets"
        case .units: "units"
        case .containers: "containers"
        }
    }

    public var isHeld: Bool { part.isHeld }
    public var irreversible: [String] { part.irreversible }
    public var needsBackstop: Bool { part.needsBackstop }
    public var isForgottenByReboot: Bool { part.isForgottenByReboot }
}
