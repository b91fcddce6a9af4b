// Which processes a fault means.

/// Chooses processes; every condition given must hold. Choosing nothing, or more than allowed, is an error.
public struct ProcessSelector: Sendable, Hashable, Codable {
    public var pid: Int?
    public var name: Pattern?
    public var command: Pattern?
    public var user: String?
    public var unit: UnitName?
    public var container: String?
    public var cgroup: String?

    public init() {}

    public var isEmpty: Bool { pid == nil && name == nil && command == nil && user == nil && unit == nil && container == nil && cgroup == nil }

    /// Those that a fault can mean. `faultctl inject … command=nginx` holds the word itself, and so may the shells above it: like pgrep(1) it never
    /// means those; by number it may. A zombie has ended already.
    public func matches(on node: NodeView) -> [NodeProcess] {
        matches(among: node.processes, containers: node.containers).filter { process in
            process.state != "Z" && (pid != nil || process.pid == 1 || !node.callerLine.contains(process.pid))
        }
    }

    /// In the order of their numbers. Threads of the kernel are never meant.
    /// - Parameter containers: to find one by its name.
    public func matches(among processes: [NodeProcess], containers: [Container] = []) -> [NodeProcess] {
        let name = name?.matcher()
        let command = command?.matcher()
        let ids = container.map { wanted in Self.ids(of: wanted, containers) }
        return processes.filter { process in
            !process.isKernel
                && (pid.map { $0 == Int(process.pid) } ?? true)
                && (name?(process.name) ?? true)
                && (command?(process.command) ?? true)
                && (user.map { $0 == process.user || $0 == String(process.uid) } ?? true)
                && (unit.map { $0.name == process.unit } ?? true)
                && (ids.map { ids in process.container.map { id in ids.contains { id.hasPrefix($0) } } ?? false } ?? true)
                && (cgroup.map { Self.isBelow(process.cgroup, $0) } ?? true)
        }.sorted { $0.pid < $1.pid }
    }

    /// The name of a container as it is, or at least 4 digits of an id.
    private static func ids(of wanted: String, _ containers: [Container]) -> [String] {
        let named = containers.filter { $0.name == wanted }.map(\.id)
        let isID = wanted.count >= 4 && wanted.allSatisfy(\.isHexDigit)
        return named + (isID ? [wanted.lowercased()] : [])
    }

    private static func isBelow(_ path: String, _ folder: String) -> Bool {
        let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        return path == folder || path.hasPrefix(folder + "/")
    }

    /// The conditions in words, for messages.
    public var text: String {
        let parts: [(String, String?)] = [
            ("pid", pid.map(String.init)), ("name", name?.text), ("command", command?.text), ("user", user), ("unit", unit?.name),
            ("container", container), ("cgroup", cgroup),
        ]
        let given = parts.compactMap { key, value in value.map { "\(key)=\($0)" } }
        return given.isEmpty ? "every process" : given.joined(separator: " ")
    }

    /// The first condition given, for errors that must name a field.
    public var firstField: String {
        if pid != nil { return "pid" }
        if name != nil { return "name" }
        if command != nil { return "command" }
        if user != nil { return "user" }
        if unit != nil { return "unit" }
        return container != nil ? "container" : "cgroup"
    }
}

/// The fields of a process selector, the same in every spec and in `/v1/targets/processes`.
public enum ProcessFields {
    public static let pid = Field<Int>("pid", "One process by its number.", check: { $0 > 0 && $0 <= 4_194_304 ? nil : "must be 1 to 4194304" })
    public static let name = Field<Pattern>(
        "name", "Regular expression on the process's name as ps -o comm has it (15 bytes at most), matched anywhere in it.")
    public static let command = Field<Pattern>(
        "command", "Regular expression on the arguments with spaces between them, matched anywhere in their first \(Limits.textBytes) bytes.")
    public static let user = Field<String>("user", "The effective user: a name of /etc/passwd, or a number.")
    public static let unit = Field<UnitName>("unit", "Processes of this systemd unit, by their cgroup; a bare name means a service.")
    public static let container = Field<String>(
        "container", "Processes of this container, by their cgroup: the container's name exactly, or at least 4 digits of its id.")
    public static let cgroup = Field<String>(
        "cgroup", "Processes in this cgroup or below it, such as /system.slice/nginx.service.",
        check: { $0.hasPrefix("/") && $0.count > 1 ? nil : "must start with / and name a cgroup below the root" })

    public static var all: [FieldDescription] {
        [
            pid.description, name.description, command.description, user.description, unit.description, container.description, cgroup.description,
        ]
    }

    public static func read(_ reader: inout SpecReader) -> ProcessSelector {
        var selector = ProcessSelector()
        selector.pid = reader.read(pid)
        selector.name = reader.read(name)
        selector.command = reader.read(command)
        selector.user = reader.read(user)
        selector.unit = reader.read(unit)
        selector.container = reader.read(container)
        selector.cgroup = reader.read(cgroup)
        return selector
    }
}
