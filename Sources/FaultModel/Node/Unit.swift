// systemd units as the manager tells of them.

/// A unit, and what stopping it means for others.
public struct Unit: Sendable, Hashable, Codable {
    public var name: String
    /// Other names that it goes by.
    public var aliases: [String] = []
    public var description: String
    /// `loaded`, `not-found`, `masked`, `error`.
    public var loadState: String
    public var activeState: String
    public var subState: String
    public var unitFileState: String
    /// Active sockets, timers and paths that start it.
    public var triggeredBy: [String]
    /// Active units that systemd stops along with it (the reverse of Requires=, BindsTo=, PartOf=), at any depth.
    public var dependents: [String]
    /// Units that starting it starts as well (Requires=, Wants=, BindsTo=), at any depth, services and sockets only.
    public var pulls: [String]
    /// The runtime whose containers end when this unit stops.
    public var runtime: Runtime?

    public init(
        name: String, description: String = "", loadState: String = "loaded", activeState: String, subState: String = "", unitFileState: String = "",
        triggeredBy: [String] = [], dependents: [String] = [], pulls: [String] = [], runtime: Runtime? = nil
    ) {
        self.name = name
        self.description = description
        self.loadState = loadState
        self.activeState = activeState
        self.subState = subState
        self.unitFileState = unitFileState
        self.triggeredBy = triggeredBy
        self.dependents = dependents
        self.pulls = pulls
        self.runtime = runtime
    }

    enum CodingKeys: String, CodingKey {
        case name, aliases, description
        case loadState = "load_state"
        case activeState = "active_state"
        case subState = "sub_state"
        case unitFileState = "unit_file_state"
        case triggeredBy = "triggered_by"
        case dependents, pulls, runtime
    }

    public var isFound: Bool { loadState != "not-found" }
    public var isActive: Bool { activeState == "active" || activeState == "activating" || activeState == "reloading" }
}

/// The name of a unit; a bare `nginx` means `nginx.service`, as systemctl has it.
public struct UnitName: SpecValue, Codable, Hashable {
    public var name: String

    private static let suffixes = [
        ".service", ".socket", ".timer", ".path", ".target", ".mount", ".automount", ".swap", ".slice", ".scope", ".device",
    ]

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= 255,
            text.wholeMatch(of: /[A-Za-z0-9:_.\\@\-]+/) != nil
        else { throw ValueError("must be a unit's name such as \"docker.service\", not \(value.text())") }
        name = Self.suffixes.contains(where: text.hasSuffix) ? text : text + ".service"
    }

    public var spec: JSONValue { .string(name) }
    public static var schema: JSONValue { ["type": "string", "examples": ["docker.service", "nginx"]] }

    public init(from decoder: any Decoder) throws { name = try String(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try name.encode(to: encoder) }
}
