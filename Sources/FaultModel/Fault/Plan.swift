// What a kind wants done, before anything is.

/// A hold on something that two faults can't both change.
public struct Claim: Sendable, Hashable, Codable {
    /// Such as `unit:docker.service` or `container:docker/3f2a…`.
    public var resource: String
    /// Others may hold it too, as long as nobody holds it exclusively.
    public var shared: Bool

    public init(_ resource: String, shared: Bool = false) {
        self.resource = resource
        self.shared = shared
    }

    public func clashes(with other: Claim) -> Bool { resource == other.resource && !(shared && other.shared) }
    public static func unit(_ name: String, shared: Bool = false) -> Claim { .init("unit:\(name)", shared: shared) }
    /// By its name, and by what it is: a hard link is the same file.
    public static func file(_ file: FileStatus) -> [Claim] { [.init("file:\(file.path)"), .init("inode:\(file.device)/\(file.inode)")] }
    /// The wall clock: shared by what the kernel ends by it, exclusive for what sets it.
    public static func wallClock(shared: Bool) -> Claim { .init("wall-clock", shared: shared) }
    public static func container(_ pin: ContainerPin) -> Claim { .init("container:\(pin.runtime.rawValue)/\(pin.id)") }
}

/// An ordered list of changes, and what the policy must know of them.
public struct Plan: Sendable, Hashable {
    /// Applied in this order, reverted in the reverse.
    public var changes: [Change] = []
    public var claims: [Claim] = []
    /// Units that will be changed, for the policy's protected list.
    public var units: [String] = []
    /// How many things are hit, for the policy's `max_targets`.
    public var targets = 0
    /// Why it can't be fully undone; empty when it can.
    public var irreversible: [String] = []
    /// Processes that a later round does not mean either: who asked, and what that runs below, which may have ended by then.
    public var spared: [Int32] = []
    /// What the person should know: carve-outs, what the platform will probably do next.
    public var notes: [String] = []

    public init() {}

    /// One plan after the other, for kinds that are made of others.
    public mutating func append(_ other: Plan) {
        changes += other.changes
        claims += other.claims.filter { !claims.contains($0) }
        units += other.units
        targets += other.targets
        irreversible += other.irreversible
        notes += other.notes.filter { !notes.contains($0) }
    }
}
