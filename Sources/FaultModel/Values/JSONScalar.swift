// What JSON has a literal for, so that reading it takes no decoder of its own.

/// A type that is one literal in JSON.
protocol JSONScalar {
    /// Nil when the value is of another kind, or too large.
    init?(json: JSONValue)
}

extension String: JSONScalar {
    init?(json: JSONValue) {
        guard let text = json.stringValue else { return nil }
        self = text
    }
}

extension Bool: JSONScalar {
    init?(json: JSONValue) {
        guard case .bool(let flag) = json else { return nil }
        self = flag
    }
}

extension JSONScalar where Self: BinaryFloatingPoint {
    init?(json: JSONValue) {
        switch json {
        case .double(let number): self.init(number)
        case .int(let number): self.init(number)
        default: return nil
        }
    }
}

extension JSONScalar where Self: FixedWidthInteger {
    init?(json: JSONValue) {
        switch json {
        case .int(let number): self.init(exactly: number)
        case .double(let number): self.init(exactly: number)
        default: return nil
        }
    }
}

extension Double: JSONScalar {}
extension Float: JSONScalar {}
extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
