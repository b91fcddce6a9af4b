// Reads an object field by field, collecting every error instead of stopping at the first, and the normalised object.

/// Turns a JSON object into typed values. Read every field, then ask `finish()`.
public struct SpecReader {
    private let members: [JSONValue.Member]
    private let path: String
    private let lenient: Bool
    private var known: [String] = []
    private var normalised: [JSONValue.Member] = []
    public private(set) var errors: [Problem.FieldError] = []
    /// Members that no field reads, of objects inside this one.
    private var unknownInside: [Problem.FieldError] = []

    /// - Parameters:
    ///   - path: what goes before a field's name in an error, such as `spec`.
    ///   - lenient: values are strings of a form or a command line.
    public init(_ object: JSONValue, path: String, lenient: Bool) {
        members = object.members ?? []
        self.path = path
        self.lenient = lenient
        if object.members == nil { errors.append(.init(path, "must be an object, not \(object.typeName)")) }
    }

    /// The value of an optional field, or its default.
    public mutating func read<Value>(_ field: Field<Value>) -> Value? {
        let value = parse(field) ?? field.fallback
        if let value { normalised.append(.init(field.name, value.spec)) }
        return value
    }

    /// The value of a field that must be there, has a default, or is an error; `stand-in` is returned with the error.
    public mutating func read<Value>(_ field: Field<Value>, standIn: Value) -> Value {
        let before = errors.count
        if let value = read(field) { return value }
        if errors.count == before { errors.append(.init(join(field.name), "is required: \(field.doc)")) }
        return standIn
    }

    /// The fields of an object inside this one, read by `body`; nil when it is not there.
    public mutating func read<Value>(_ group: FieldGroup, _ body: (inout SpecReader) -> Value) -> Value? {
        known.append(group.name)
        guard let object = members.last(where: { $0.key == group.name })?.value, object != .null else { return nil }
        guard object.members != nil else {
            errors.append(.init(join(group.name), "must be an object with fields such as \(group.name).\(group.example), not \(object.text())"))
            return nil
        }
        var inner = SpecReader(object, path: join(group.name), lenient: lenient)
        let value = body(&inner)
        unknownInside += inner.unknown(in: group.name)
        errors += inner.errors
        normalised.append(.init(group.name, .object(inner.normalised)))
        return value
    }

    /// Records an error that spans fields.
    public mutating func refuse(_ field: String, _ message: String) { errors.append(.init(join(field), message)) }

    private mutating func parse<Value>(_ field: Field<Value>) -> Value? {
        let names = [field.name] + (lenient ? [field.singular].compactMap { $0 } : [])
        known += names
        let found = members.filter { names.contains($0.key) }
        guard let json = merge(found), json != .null else { return nil }
        do {
            let value = try Value(spec: json, lenient: lenient)
            guard let complaint = field.check?(value) else { return value }
            errors.append(.init(join(field.name), complaint))
        } catch {
            errors.append(.init(join(field.name) + error.path, error.message))
        }
        return nil
    }

    /// `port=80&port=443` and `ports=80&port=443` are one list.
    private func merge(_ found: [JSONValue.Member]) -> JSONValue? {
        guard found.count > 1, lenient else { return found.last?.value }
        return .array(found.flatMap { $0.value.arrayValue ?? [$0.value] })
    }

    private func join(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// The object with every default filled in, or everything that is wrong with it.
    public mutating func finish(_ what: String) throws(Problem) -> JSONValue {
        let unknown = unknown(in: what)
        let all = unknown + errors
        guard let first = all.first else { return .object(normalised) }
        let slug: Problem.Slug = unknown.isEmpty ? .invalidField : .unknownField
        let more = all.count > 1 ? " (and \(all.count - 1) more)" : ""
        let hint = unknown.isEmpty ? nil : "\(what) takes: \(known.sorted().joined(separator: ", "))"
        throw Problem(slug, "\(first.field) \(first.message)\(more)", hint: hint, errors: all)
    }

    private func unknown(in what: String) -> [Problem.FieldError] {
        let own = members.filter { !known.contains($0.key) }
        return own.map { .init(join($0.key), "is not a field of \(what)" + suggestion(for: $0.key)) } + unknownInside
    }

    private func suggestion(for name: String) -> String {
        if let near = nearest(to: name, among: known) { return "; did you mean \(near)?" }
        return ""
    }
}
