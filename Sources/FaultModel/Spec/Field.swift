// A field of a spec: declared once, and read, checked, described and documented from that.

/// One named, typed field. `Field<Value>` reads as `Value?`, or as `Value` where it has a default.
public struct Field<Value: SpecValue>: Sendable {
    public let name: String
    /// The singular that a form may use for a list: `port` for `ports`.
    public let singular: String?
    public let doc: String
    public let fallback: Value?
    let check: (@Sendable (Value) -> String?)?

    /// - Parameter check: returns what is wrong with a value of the right type, or nil.
    public init(
        _ name: String, singular: String? = nil, default fallback: Value? = nil, _ doc: String, check: (@Sendable (Value) -> String?)? = nil
    ) {
        self.name = name
        self.singular = singular
        self.fallback = fallback
        self.doc = doc
        self.check = check
    }

    public var description: FieldDescription {
        .init(name: name, singular: singular, doc: doc, schema: Value.schema, fallback: fallback?.spec)
    }
}

/// An object of fields inside a spec; a form writes its members with a dot: `container.name`.
public struct FieldGroup: Sendable {
    public let name: String
    public let doc: String
    /// One of its fields with a value, for whoever gives no object: `name=^web$`.
    public let example: String
    public let fields: [FieldDescription]

    public init(_ name: String, _ doc: String, example: String, _ fields: [FieldDescription]) {
        self.name = name
        self.doc = doc
        self.example = example
        self.fields = fields
    }

    public var description: FieldDescription { .init(name: name, singular: nil, doc: doc, schema: fields.objectSchema, fallback: nil) }
}

/// What everybody but the reader needs to know of a field.
public struct FieldDescription: Sendable, Hashable {
    public var name: String
    public var singular: String?
    public var doc: String
    public var schema: JSONValue
    public var fallback: JSONValue?
    public var required = false

    /// The field's JSON Schema with its description and default.
    public var schemaWithDoc: JSONValue {
        var members = schema.members ?? []
        members.append(.init("description", .string(doc)))
        if let fallback { members.append(.init("default", fallback)) }
        return .object(members)
    }
}

extension Sequence where Element == FieldDescription {
    /// The JSON Schema of an object with these fields and no others.
    public var objectSchema: JSONValue {
        let required = filter(\.required).map { JSONValue.string($0.name) }
        return [
            "type": "object",
            "properties": .object(map { .init($0.name, $0.schemaWithDoc) }),
            "required": .array(required),
            "additionalProperties": false,
        ]
    }
}
