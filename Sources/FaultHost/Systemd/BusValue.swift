// D-Bus values as Swift values, so that nothing of libsystemd leaves its thread.

/// A value of D-Bus's type system (the D-Bus specification, "Type System"). Types that the manager's interface does not use are missing.
indirect enum BusValue: Sendable, Hashable {
    case byte(UInt8)
    case bool(Bool)
    case int32(Int32)
    case uint32(UInt32)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    case string(String)
    /// An object's path.
    case path(String)
    /// The elements' signature stands with them, because there may be none.
    case array(of: String, [BusValue])
    case structure([BusValue])
    /// One entry of a dictionary, which is an array of these.
    case entry(BusValue, BusValue)
    case variant(BusValue)

    /// Such as `a(sv)`.
    var signature: String {
        switch self {
        case .byte: "y"
        case .bool: "b"
        case .int32: "i"
        case .uint32: "u"
        case .int64: "x"
        case .uint64: "t"
        case .double: "d"
        case .string: "s"
        case .path: "o"
        case .array(let element, _): "a" + element
        case .structure(let members): "(" + contents(of: members) + ")"
        case .entry(let key, let value): "{" + contents(of: [key, value]) + "}"
        case .variant: "v"
        }
    }

    private func contents(of members: [BusValue]) -> String { members.map(\.signature).joined() }

    static func strings(_ texts: [String]) -> BusValue { .array(of: "s", texts.map(BusValue.string)) }
}

extension BusValue {
    var text: String? {
        switch self {
        case .string(let text), .path(let text): text
        case .byte, .bool, .int32, .uint32, .int64, .uint64, .double, .array, .structure, .entry, .variant: nil
        }
    }

    var flag: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    var number: UInt64? {
        switch self {
        case .byte(let value): UInt64(value)
        case .uint32(let value): UInt64(value)
        case .uint64(let value): value
        case .bool, .int32, .int64, .double, .string, .path, .array, .structure, .entry, .variant: nil
        }
    }

    /// The elements of an array or the members of a structure.
    var elements: [BusValue] {
        switch self {
        case .array(_, let elements), .structure(let elements): elements
        case .byte, .bool, .int32, .uint32, .int64, .uint64, .double, .string, .path, .entry, .variant: []
        }
    }

    /// A dictionary with text keys, variants taken out of their wrapping: what `GetAll` answers.
    var dictionary: [String: BusValue] {
        var found: [String: BusValue] = [:]
        for case .entry(.string(let key), let value) in elements { found[key] = value.unwrapped }
        return found
    }

    /// What a variant holds.
    var unwrapped: BusValue {
        guard case .variant(let inner) = self else { return self }
        return inner
    }
}
