// Which units a fault means.

/// The name of a unit, or a shell pattern on names. A bare `nginx` means `nginx.service`, and a pattern stays as it is (`app-*`), as systemctl
/// has it.
public struct UnitPattern: SpecValue, Codable, Hashable {
    public var text: String

    public init(_ name: UnitName) { text = name.name }

    public init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard case .string(let text) = value, Glob.isPattern(text) else {
            self.text = try UnitName(spec: value, lenient: lenient).name
            return
        }
        guard text.utf8.count <= 255, text.wholeMatch(of: /[A-Za-z0-9:_.\\@\-*?]+/) != nil else {
            throw ValueError("must be a unit's name or a shell pattern such as \"app-*.service\", not \(value.text())")
        }
        self.text = text
    }

    public var isPattern: Bool { Glob.isPattern(text) }
    public func matches(_ unit: Unit) -> Bool { ([unit.name] + unit.aliases).contains { Glob.matches(text, $0) } }

    public var spec: JSONValue { .string(text) }
    public static var schema: JSONValue { ["type": "string", "examples": ["docker.service", "nginx", "app-*.service"]] }

    public init(from decoder: any Decoder) throws { text = try String(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }
}
