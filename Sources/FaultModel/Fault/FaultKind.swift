// A kind of fault: it describes, and never acts.

/// An example of a spec, which the crash sweep also runs.
public struct KindExample: Sendable, Hashable {
    public var title: String
    /// Fields as a form has them, in order: `("port", "443")`.
    public var fields: [Field]

    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public init(_ title: String, _ fields: KeyValuePairs<String, String>) {
        self.title = title
        self.fields = fields.map { .init(name: $0.key, value: $0.value) }
    }

    /// The example as the object that a form body becomes.
    public var spec: JSONValue { FormBody.object(fields.map { ($0.name, $0.value) }) }
}

/// What the reference tells of a kind besides its fields, in full sentences.
public struct KindManual: Sendable, Hashable, Codable {
    /// What on the node is changed, and what is left alone.
    public var touches: String
    /// Exactly what reverting does, and what it does when somebody else has changed the same thing.
    public var undo: String
    /// What ends the fault when the daemon is dead.
    public var backstop: String
    /// What the platform will probably do while it lasts and after: restart policies, kubelet, dependents.
    public var next: String

    public init(touches: String, undo: String, backstop: String, next: String) {
        self.touches = touches
        self.undo = undo
        self.backstop = backstop
        self.next = next
    }
}

/// The open set: a kind is one folder in FaultKinds and one line in its `Catalog`.
public protocol FaultKind: Sendable {
    associatedtype Parameters: Sendable

    var name: String { get }
    /// One line.
    var summary: String { get }
    /// A few sentences: what it touches and what takes it back.
    var details: String { get }
    var manual: KindManual { get }
    var fields: [FieldDescription] { get }
    var examples: [KindExample] { get }
    var requires: [Capability] { get }

    /// Reads every field; what is wrong is recorded in the reader.
    func parameters(_ reader: inout SpecReader) -> Parameters
    /// What must be known of the node to plan this.
    func needs(_ parameters: Parameters) -> NodeQuery
    /// How often the act is repeated on whatever matches then, while the lease lasts; nil is once.
    func repeats(_ parameters: Parameters) -> Duration?
    /// Pure: the same parameters and node give the same plan.
    func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan
}

/// A kind with its parameters read: what is left to know is the node.
public struct BoundFault: Sendable {
    public var kind: String
    /// Normalised: every default filled in.
    public var spec: JSONValue
    public var requires: [Capability]
    public var needs: NodeQuery
    public var repeatEvery: Duration?
    public var plan: @Sendable (NodeView) throws(Problem) -> Plan
}

extension FaultKind {
    public func repeats(_ parameters: Parameters) -> Duration? { nil }

    /// Reads a spec, or throws with every field that is wrong.
    public func bind(_ spec: JSONValue, lenient: Bool) throws(Problem) -> BoundFault {
        var reader = SpecReader(spec, path: "spec", lenient: lenient)
        let parameters = parameters(&reader)
        let normalised = try reader.finish(name)
        return BoundFault(
            kind: name, spec: normalised, requires: requires, needs: needs(parameters), repeatEvery: repeats(parameters),
            plan: { (node) throws(Problem) in try plan(parameters, on: node) })
    }
}
