// A duration with a direction: `+1h`, `-90s`.

/// A span into the future or into the past; without a sign it is the future.
public struct SignedDuration: SpecValue, Hashable {
    public var duration: Duration

    public init(_ duration: Duration) { self.duration = duration }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        let text = value.stringValue ?? ""
        // What a form makes of a plus sign that was not escaped.
        let digits = text.hasPrefix("-") || text.hasPrefix("+") || (lenient && text.hasPrefix(" ")) ? String(text.dropFirst()) : text
        guard let span = Duration(text: digits) else {
            throw ValueError("must be a duration with its sign and unit, such as \"+1h\" or \"-90s\", not \(value.text())")
        }
        duration = text.hasPrefix("-") ? .zero - span : span
    }

    public var spec: JSONValue { .string((duration < .zero ? "" : "+") + duration.text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["+1h", "-90s", "+250ms"]] }
}
