// What the daemon said: the document, and the bytes as they came.

/// An answer read as `Document`. Its members can be asked for directly: `answer.state` is `answer.document.state`.
@dynamicMemberLookup
public struct Answer<Document: Sendable>: Sendable {
    /// The HTTP status: 201 for a new fault, 200 for one that an earlier request with the same key made.
    public let status: Int
    /// Exactly what was sent.
    public let body: [UInt8]
    public let document: Document

    public subscript<Value>(dynamicMember path: KeyPath<Document, Value>) -> Value { document[keyPath: path] }
}
