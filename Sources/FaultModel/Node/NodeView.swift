// What a kind needs to know of the node before it can plan, and the answer.

/// A question to the node. Only what is asked for is looked up.
public struct NodeQuery: Sendable, Hashable {
    /// Unit names, or shell patterns such as `docker*`.
    public var units: [String] = []
    /// Units by name that need not be there: no names like theirs are looked for, which takes seconds on a slow node.
    public var optionalUnits: [String] = []
    /// Every unit that is loaded, for `/v1/targets/units`.
    public var allUnits = false
    public var containers = false
    public var hostNames: [String] = []
    public var interfaces = false
    public var processes = false
    /// Paths of files, or shell patterns on them.
    public var files: [String] = []
    /// Directories whose filesystem is wanted.
    public var disks: [String] = []
    /// What network faults must leave alone.
    public var lifelines = false
    /// What the node has left of what can run out.
    public var resources = false
    /// Who has this port.
    public var port: PortNumber?
    /// The caller's process: whose connection is one of them, and what no fault on processes means. Filled in by the engine.
    public var callerPID: Int32?

    public init(units: [String] = [], allUnits: Bool = false, containers: Bool = false, hostNames: [String] = [], interfaces: Bool = false) {
        self.units = units
        self.allUnits = allUnits
        self.containers = containers
        self.hostNames = hostNames
        self.interfaces = interfaces
    }
}

/// The node as far as it was asked about.
public struct NodeView: Sendable, Hashable {
    /// A unit that was asked for by name and does not exist is here too, with `loadState` "not-found".
    public var units: [Unit] = []
    /// Names of every unit the manager knows, filled only when one was not found: for "did you mean".
    public var knownUnits: [String] = []
    public var containers: [Container] = []
    /// The id of the container that faultd itself runs in, if it does.
    public var daemonContainer: String?
    /// Runtimes that answered, and those that are there but did not, with why.
    public var runtimes: [Runtime] = []
    public var runtimeErrors: [String] = []
    /// Host names that resolved, with their addresses.
    public var addresses: [String: [CIDR]] = [:]
    public var interfaces: [NetworkInterface] = []
    public var processes: [NodeProcess] = []
    /// The daemon's process, its parent, and so on up to the first.
    public var daemonLine: [Int32] = []
    /// The same of the caller's process, if that is known.
    public var callerLine: [Int32] = []
    /// What each path that was asked for is, or those that its pattern matches.
    public var files: [FileSight] = []
    public var disks: [DiskSight] = []
    public var lifelines = Lifelines()
    public var resources: NodeResources?
    /// Sockets on the port that was asked about.
    public var portHolders: [PortHolder] = []
    /// What the policy protects; filled in by the engine.
    public var protection = Protection()
    /// The fault ends soon unless somebody confirms that the node can still be reached; filled in by the engine.
    public var awaitsConfirmation = false
    /// Chance, as a value: stands in for a seed that the caller left out.
    public var entropy: UInt64 = 0
    /// What active faults hold exclusively, by resource, each with its fault in words; filled in by the engine.
    public var holders: [String: String] = [:]

    public init() {}

    /// The unit of that name or alias.
    public func unit(_ name: String) -> Unit? { units.first { $0.name == name || $0.aliases.contains(name) } }
}

public struct NetworkInterface: Sendable, Hashable, Codable {
    public var name: String
    public var isUp: Bool
    public var isLoopback: Bool
    public var addresses: [String]
    /// Why the node can't do without it: `the default route goes by it`.
    public var carries: [String]

    public init(name: String, isUp: Bool, isLoopback: Bool, addresses: [String], carries: [String] = []) {
        self.name = name
        self.isUp = isUp
        self.isLoopback = isLoopback
        self.addresses = addresses
        self.carries = carries
    }

    enum CodingKeys: String, CodingKey {
        case name
        case isUp = "is_up"
        case isLoopback = "is_loopback"
        case addresses, carries
    }
}

/// What no fault may touch.
public struct Protection: Sendable, Hashable {
    /// TCP ports that stay reachable.
    public var ports: [PortRange]
    /// TCP ports on which faultd itself is reached.
    public var controlPorts: [PortRange]
    /// Shell patterns on unit names.
    public var units: [String]
    /// Shell patterns on paths; each means what is below it as well.
    public var paths: [String]

    public init(ports: [PortRange] = [], controlPorts: [PortRange] = [], units: [String] = [], paths: [String] = []) {
        self.paths = paths
        self.ports = ports
        self.controlPorts = controlPorts
        self.units = units
    }

    /// The pattern that protects this unit, if one does.
    public func pattern(protecting unit: String) -> String? { units.first { Glob.matches($0, unit) } }

    /// The same for a file.
    public func pattern(protectingPath path: String) -> String? { paths.first { Glob.matches($0, path) || Glob.matches($0 + "/*", path) } }
}

/// Shell patterns as systemctl takes them: `*` and `?`.
public enum Glob {
    public static func matches(_ pattern: String, _ text: String) -> Bool {
        match(Array(pattern)[...], Array(text)[...])
    }

    private static func match(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
        guard let head = pattern.first else { return text.isEmpty }
        if head == "*" { return match(pattern.dropFirst(), text) || (!text.isEmpty && match(pattern, text.dropFirst())) }
        guard let character = text.first, head == "?" || head == character else { return false }
        return match(pattern.dropFirst(), text.dropFirst())
    }

    public static func isPattern(_ text: String) -> Bool { text.contains("*") || text.contains("?") }
}

/// Something this node may or may not have, that kinds need.
public enum Capability: String, Sendable, Hashable, Codable, CaseIterable {
    case netfilter
    case systemd
    case containerRuntime = "container-runtime"
    /// htb and u32, by which packets are chosen and held back.
    case trafficControl = "traffic-control"
    case netem
    case stressNG = "stress-ng"
    case pidfd
    case files, clock, power, sysrq
    /// Interfaces that can be set down and up.
    case links
}

/// Whether the node has it, and how to get it if not.
public struct CapabilityReport: Sendable, Hashable, Codable {
    public var capability: Capability
    public var available: Bool
    /// What was found: `iptables-legacy tables, IPv4 and IPv6`.
    public var detail: String
    /// What a person would do to get it.
    public var remedy: String?

    public init(_ capability: Capability, available: Bool, detail: String, remedy: String? = nil) {
        self.capability = capability
        self.available = available
        self.detail = detail
        self.remedy = remedy
    }
}
