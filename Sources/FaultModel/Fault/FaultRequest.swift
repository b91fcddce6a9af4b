// What a caller asks for: the envelope round a spec.

/// A request for a fault, read and checked as far as it can be without knowing kinds or node.
public struct FaultRequest: Sendable, Hashable {
    public var kind: String
    public var spec: JSONValue
    /// Nil is the policy's default.
    public var lease: Duration?
    public var reason: String?
    public var labels: StringMap
    /// Nil is the caller's own identity.
    public var owner: String?
    public var confirmWithin: Duration?
    public var allowIrreversible: Bool
    public var dryRun: Bool
    /// The values came as strings, from a form or a command line.
    public var lenient: Bool

    public enum Fields {
        public static let kind = Field<String>("kind", "What kind of fault; GET /v1/kinds lists them.")
        public static let lease = Field<Duration>("lease", "How long, such as \"5m\"; the policy's default if left out.")
        public static let reason = Field<String>("reason", "Why, for those who find it.")
        public static let labels = Field<StringMap>("labels", singular: "label", default: StringMap(), "Free-form names for filtering.")
        public static let owner = Field<String>("owner", "Who the fault belongs to; the caller if left out.", check: Standing.notEmpty)
        public static let confirmWithin = Field<Duration>(
            "confirm_within", "The fault ends after this long unless POST …/confirm comes first.",
            check: { $0 >= .seconds(1) ? nil : "must be at least 1s, or nobody can confirm in time" })
        public static let allowIrreversible = Field<Bool>("allow_irreversible", default: false, "Accept an act that cannot be undone.")
        public static let dryRun = Field<Bool>("dry_run", default: false, "Say what would be done and touch nothing.")

        static let envelope = [
            kind.name, lease.name, reason.name, labels.name, "label", owner.name, confirmWithin.name, allowIrreversible.name, dryRun.name,
        ]
    }

    public init(kind: String, spec: JSONValue, lease: Duration? = nil, lenient: Bool = false) {
        self.kind = kind
        self.spec = spec
        self.lease = lease
        labels = StringMap()
        allowIrreversible = false
        dryRun = false
        self.lenient = lenient
    }

    /// From a JSON body: `spec` is an object of its own.
    public init(json: JSONValue) throws(Problem) {
        try self.init(envelope: json, spec: json["spec"] ?? .object([]), hasSpec: true, lenient: false)
    }

    /// From the fields of a form: what is no envelope key belongs to the spec, and `spec.` before it may be left out.
    public init(form fields: [(String, String)]) throws(Problem) {
        let all = FormBody.object(fields).members ?? []
        // `label` and `labels` are the envelope's; a selector's labels are written spec.labels in a form.
        let envelope = all.filter { Fields.envelope.contains($0.key) }
        var spec = all.first { $0.key == "spec" }?.value.members ?? []
        spec += all.filter { !Fields.envelope.contains($0.key) && $0.key != "spec" }
        try self.init(envelope: .object(envelope), spec: .object(spec), hasSpec: false, lenient: true)
    }

    private init(envelope: JSONValue, spec: JSONValue, hasSpec: Bool, lenient: Bool) throws(Problem) {
        var reader = SpecReader(envelope, path: "", lenient: lenient)
        kind = reader.read(Fields.kind, standIn: "")
        if hasSpec { _ = reader.read(Field<AnyJSON>("spec", "The kind's own fields.")) }
        lease = reader.read(Fields.lease)
        reason = reader.read(Fields.reason)
        labels = reader.read(Fields.labels) ?? StringMap()
        owner = reader.read(Fields.owner)
        confirmWithin = reader.read(Fields.confirmWithin)
        allowIrreversible = reader.read(Fields.allowIrreversible) ?? false
        dryRun = reader.read(Fields.dryRun) ?? false
        self.spec = spec
        self.lenient = lenient
        _ = try reader.finish("a fault request")
    }

    /// What makes two requests the same one, for idempotency keys: everything that was asked, normalised.
    public var fingerprint: JSONValue {
        [
            "kind": .string(kind), "spec": spec, "lease": .string(lease?.text ?? ""), "reason": .string(reason ?? ""), "labels": labels.spec,
            "owner": .string(owner ?? ""), "allow_irreversible": .bool(allowIrreversible), "confirm_within": .string(confirmWithin?.text ?? ""),
        ]
    }
}

/// A member that is read by somebody else.
private struct AnyJSON: SpecValue {
    let spec: JSONValue
    init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard value.members != nil else { throw ValueError("must be an object, not \(value.typeName)") }
        spec = value
    }
    static var schema: JSONValue { ["type": "object"] }
}
