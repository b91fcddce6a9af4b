// `GET /v1/targets/…`.

/// What could be hit on the node.
public struct TargetsDocument<Item: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    public var items: [Item]
    /// What kept the list from being complete, such as a container runtime that does not answer.
    public var warnings: [String]
}
