// libiptc's two halves, libip4tc and libip6tc, behind one shape.
import FaultModel

/// The calls on a snapshot of a table that this folder uses. Those that change something return 0 or an errno.
/// A chain's name and a rule's bytes are copied by the library; what it returns lives in the snapshot.
protocol Libiptc {
    static func open(_ table: String) -> OpaquePointer?
    static func free(_ table: OpaquePointer)
    static func commit(_ table: OpaquePointer) -> Int32
    /// What the library says about an errno of its last call.
    static func message(_ code: Int32) -> String

    static func firstChain(_ table: OpaquePointer) -> UnsafePointer<CChar>?
    static func nextChain(_ table: OpaquePointer) -> UnsafePointer<CChar>?
    static func hasChain(_ chain: String, _ table: OpaquePointer) -> Bool
    /// Of a built-in chain; nil for others.
    static func policy(_ chain: String, _ table: OpaquePointer) -> UnsafePointer<CChar>?
    /// How many rules jump to the chain.
    static func references(_ chain: String, _ table: OpaquePointer) -> Int
    static func createChain(_ chain: String, _ table: OpaquePointer) -> Int32
    static func deleteChain(_ chain: String, _ table: OpaquePointer) -> Int32

    static func firstRule(_ chain: String, _ table: OpaquePointer) -> UnsafeRawPointer?
    static func nextRule(_ rule: UnsafeRawPointer, _ table: OpaquePointer) -> UnsafeRawPointer?
    /// The name of the target: a verdict, a chain or an extension.
    static func target(_ rule: UnsafeRawPointer, _ table: OpaquePointer) -> UnsafePointer<CChar>?
    static func append(_ rule: UnsafeRawPointer, to chain: String, _ table: OpaquePointer) -> Int32
    /// Positions count from 0, whatever the header says.
    static func insert(_ rule: UnsafeRawPointer, into chain: String, at position: UInt32, _ table: OpaquePointer) -> Int32
    static func replace(_ position: UInt32, of chain: String, by rule: UnsafeRawPointer, _ table: OpaquePointer) -> Int32
    static func delete(_ position: UInt32, of chain: String, _ table: OpaquePointer) -> Int32
}
