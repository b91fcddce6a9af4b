// The other documents of the API: kinds, dry runs, halt, the node. Members stand in the order in which they are shown.

/// `GET /v1/kinds/{kind}`.
public struct KindDocument: Sendable, Hashable, Codable {
    public var name: String
    public var summary: String
    public var description: String
    public var available: Bool
    /// Why not, and how to get it; nil where it is available.
    public var unavailable: String?
    public var requires: [Capability]
    /// What would end such a fault here without the daemon.
    public var backstop: BackstopOutlook
    public var manual: KindManual
    public var schema: JSONValue
    public var examples: [Example]

    public struct Example: Sendable, Hashable, Codable {
        public var title: String
        public var curl: String
        public var faultctl: String
        public var spec: JSONValue
    }

    /// - Parameter missing: reports of what the kind needs and the node lacks.
    public init(_ kind: any FaultKind, missing: [CapabilityReport], backstop: BackstopOutlook) {
        self.backstop = backstop
        manual = kind.manual
        name = kind.name
        summary = kind.summary
        description = kind.details
        available = missing.isEmpty
        unavailable = missing.isEmpty ? nil : missing.map { $0.detail + ($0.remedy.map { "; \($0)" } ?? "") }.joined(separator: "; ")
        requires = kind.requires
        schema = kind.fields.objectSchema
        examples = kind.examples.map { Example($0, kind: kind) }
    }
}

extension KindDocument.Example {
    public init(_ example: KindExample, kind: any FaultKind) {
        title = example.title
        let fields = example.fields.map { "\($0.name)=\(Self.quoted($0.value))" }
        faultctl = (["faultctl inject \(kind.name)"] + fields + ["--lease 1m"]).joined(separator: " ")
        let data = (["-d kind=\(kind.name)"] + example.fields.map { "-d \(Self.quoted("\($0.name)=\($0.value)"))" } + ["-d lease=1m"])
        curl = "curl --unix-socket /run/faultd/faultd.sock http://node/v1/faults \(data.joined(separator: " "))"
        spec = (try? kind.bind(example.spec, lenient: true).spec) ?? example.spec
    }

    /// In single quotes where a shell would read more than the text.
    private static func quoted(_ text: String) -> String {
        text.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=@,%+".contains($0) } ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}

/// `POST /v1/faults?dry_run=true`: what would be done.
public struct PlanDocument: Sendable, Hashable, Codable {
    public var kind: String
    public var spec: JSONValue
    public var lease: TextDuration
    public var changes: [ChangeStep]
    public var targets: Int
    /// What would end it without the daemon if it were injected now; nil is nothing, and `notes` says why.
    public var backstop: Backstop?
    public var notes: [String]
    /// Reasons why it can't be fully undone; injecting it needs `allow_irreversible`.
    public var irreversible: [String]

    public init(
        kind: String, spec: JSONValue, lease: TextDuration, changes: [ChangeStep], targets: Int, backstop: Backstop?, notes: [String],
        irreversible: [String]
    ) {
        self.kind = kind
        self.spec = spec
        self.lease = lease
        self.changes = changes
        self.targets = targets
        self.backstop = backstop
        self.notes = notes
        self.irreversible = irreversible
    }
}

/// `GET /v1/halt`.
public struct HaltDocument: Sendable, Hashable, Codable {
    public var halted: Bool
    public var by: Caller?
    public var at: Timestamp?
    public var reason: String?
    /// Faults that the halt reverted; only in the answer to `POST`.
    public var reverted: [FaultID]?
    /// Faults that it could not revert yet.
    public var stuck: [FaultID]?

    public init(_ halt: Halt?, reverted: [FaultID]? = nil, stuck: [FaultID]? = nil) {
        halted = halt != nil
        by = halt?.by
        at = halt?.at
        reason = halt?.reason
        self.reverted = reverted
        self.stuck = stuck
    }
}

/// `GET /readyz`.
public struct ReadyDocument: Sendable, Hashable, Codable {
    public var ready: Bool
    public var stuck: [FaultID]
    public var detail: String

    public init(ready: Bool, stuck: [FaultID], detail: String) {
        self.ready = ready
        self.stuck = stuck
        self.detail = detail
    }
}

/// `GET /version`.
public struct VersionDocument: Sendable, Hashable, Codable {
    public var name: String
    public var version: String
    public var api: String

    public init(version: String) {
        name = "faultd"
        self.version = version
        api = "v1"
    }
}

/// `GET /v1/node`: what this node can do and what it allows; what `faultctl doctor` shows.
public struct NodeDocument: Sendable, Hashable, Codable {
    public var node: String
    public var version: String
    public var boot_id: String
    public var capabilities: [CapabilityReport]
    public var policy: PolicyDocument
    public var halt: HaltDocument
    public var active: Int
    public var stuck: [FaultID]

    public struct PolicyDocument: Sendable, Hashable, Codable {
        public var default_lease: TextDuration
        public var max_lease: TextDuration
        public var max_faults: Int
        public var max_targets: Int
        public var protected_units: [String]
        public var protected_ports: [PortRange]
        public var denied_kinds: [String]
        public var require_backstop: Bool
        /// Users besides root who may renew and end what is not theirs.
        public var admins: [String]

        public init(
            default_lease: TextDuration, max_lease: TextDuration, max_faults: Int, max_targets: Int, protected_units: [String],
            protected_ports: [PortRange], denied_kinds: [String], require_backstop: Bool, admins: [String]
        ) {
            self.default_lease = default_lease
            self.max_lease = max_lease
            self.max_faults = max_faults
            self.max_targets = max_targets
            self.protected_units = protected_units
            self.protected_ports = protected_ports
            self.denied_kinds = denied_kinds
            self.require_backstop = require_backstop
            self.admins = admins
        }
    }

    public init(
        node: String, version: String, boot_id: String, capabilities: [CapabilityReport], policy: PolicyDocument, halt: HaltDocument, active: Int,
        stuck: [FaultID]
    ) {
        self.node = node
        self.version = version
        self.boot_id = boot_id
        self.capabilities = capabilities
        self.policy = policy
        self.halt = halt
        self.active = active
        self.stuck = stuck
    }
}

/// `GET /v1/verify`: whether the node is as faultd says it is.
public struct VerifyDocument: Sendable, Hashable, Codable {
    /// No orphan, and every fault that should be in force wholly is.
    public var clean: Bool
    /// What is ours, and no fault accounts for.
    public var orphans: [Artefact]
    public var accounted: [Artefact]
    /// Every fault that is not over, newest first, as it was just seen.
    public var faults: [FaultCheck]

    public init(orphans: [Artefact], accounted: [Artefact], faults: [FaultCheck] = []) {
        clean = orphans.isEmpty && faults.allSatisfy(\.isWell)
        self.orphans = orphans
        self.accounted = accounted
        self.faults = faults
    }
}

/// Whether one fault is what it claims to be.
public struct FaultCheck: Sendable, Hashable, Codable {
    public var id: FaultID
    public var kind: String
    public var state: FaultState
    /// Nil when it is on its way in or out, or could not be looked at.
    public var in_force: Bool?
    /// What keeps it from being wholly in force.
    public var drift: [String]
    /// Why it is stuck, or could not be looked at.
    public var error: Problem?

    public init(_ record: FaultRecord, failure: Problem? = nil) {
        id = record.id
        kind = record.kind
        state = record.state
        drift = record.driftInForce
        in_force = record.state == .active && failure == nil ? drift.isEmpty : nil
        error = record.state == .stuck ? record.error : failure
    }

    public var isWell: Bool { drift.isEmpty && error == nil && state != .stuck }
}

/// A list of the API: `{"items": […]}`.
public struct ListDocument<Item: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    public var items: [Item]
    /// What to pass as `after` for the next page; nil on the last.
    public var next: String?

    public init(_ items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}

/// The answer to `DELETE /v1/faults`: with status 200 everything that matched is ended; with 403 some of it was not the caller's to end.
public struct EndedDocument: Sendable, Hashable, Codable {
    /// What was ended, as it is now.
    public var items: [FaultDocument]
    /// What was left as it is: the fault's id, and why.
    public var refused: [Problem.FieldError]

    public init(items: [FaultDocument], refused: [Problem.FieldError]) {
        self.items = items
        self.refused = refused
    }

    /// What keeps it from being a success.
    public var problem: Problem? {
        guard let first = refused.first else { return nil }
        let more = refused.count > 1 ? " (and \(refused.count - 1) more)" : ""
        return Problem(
            .notOwner, "\(items.count) ended, \(refused.count) not: \(first.field): \(first.message)\(more)",
            hint: "POST /v1/halt (faultctl halt) ends everybody's and takes no new ones", errors: refused)
    }
}
