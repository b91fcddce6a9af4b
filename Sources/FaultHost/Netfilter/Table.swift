// One of a family's tables, as a snapshot that is edited and sent back whole.
import CNetfilter
import FaultModel
import Glibc

/// A snapshot. Edits change it alone; `commit` replaces the kernel's table by it. Used on one thread, and for one commit at most.
final class Table {
    let family: IPFamily
    let kind: PacketTable
    private let library: any Libiptc.Type
    private let handle: OpaquePointer
    /// Whether a commit would send anything.
    private(set) var isEdited = false

    /// The comment of the jumps to our chains: they belong to no single fault.
    static let jumpComment = "faultd"

    /// Reads the table. Asking makes the kernel set up an empty one where none was used yet, as `iptables -L` does.
    convenience init(_ family: IPFamily, _ kind: PacketTable = .filter) throws(Problem) {
        let library: any Libiptc.Type = family == .ipv4 ? Libip4tc.self : Libip6tc.self
        guard let handle = library.open(kind.rawValue) else {
            let code = errno
            throw .unreadableTable(family, kind, errno: code, message: library.message(code))
        }
        self.init(family, kind, library, handle)
    }

    /// Whether a table of whichever name has a rule, a chain of somebody's, or a policy that drops; one that can't be read may have.
    static func holdsSomething(_ name: String, _ family: IPFamily) -> Bool {
        let library: any Libiptc.Type = family == .ipv4 ? Libip4tc.self : Libip6tc.self
        guard let handle = library.open(name) else { return true }
        defer { library.free(handle) }
        var next = library.firstChain(handle)
        while let chain = next.map({ String(cString: $0) }) {
            let policy = library.policy(chain, handle).map { String(cString: $0) }
            if policy != "ACCEPT" || library.firstRule(chain, handle) != nil { return true }
            next = library.nextChain(handle)
        }
        return false
    }

    private init(_ family: IPFamily, _ kind: PacketTable, _ library: any Libiptc.Type, _ handle: OpaquePointer) {
        self.family = family
        self.kind = kind
        self.library = library
        self.handle = handle
    }

    deinit { library.free(handle) }

    /// What shows it, for people: `iptables`, or `iptables -t raw`.
    var program: String { kind.command(family) }

    // MARK: Reading

    var chains: [String] {
        var names: [String] = []
        var next = library.firstChain(handle)
        while let name = next {
            names.append(String(cString: name))
            next = library.nextChain(handle)
        }
        return names
    }

    func hasChain(_ chain: String) -> Bool { library.hasChain(chain, handle) }
    func policy(of chain: PacketChain) -> String { library.policy(chain.rawValue, handle).map { String(cString: $0) } ?? "" }
    func references(to chain: String) -> Int { library.references(chain, handle) }
    func isEmpty(_ chain: String) -> Bool { library.firstRule(chain, handle) == nil }

    /// The rules of a chain with their positions, which count from 0. The body must not edit.
    func forEachRule(of chain: String, _ body: (Int, EntryView) -> Void) {
        let layout = EntryLayout.of(family)
        var position = 0
        var next = library.firstRule(chain, handle)
        while let rule = next {
            body(position, EntryView(base: rule, layout: layout))
            position += 1
            next = library.nextRule(rule, handle)
        }
    }

    func target(of rule: EntryView) -> String { targetName(of: rule).map { String(cString: $0) } ?? "" }
    func targetName(of rule: EntryView) -> UnsafePointer<CChar>? { library.target(rule.base, handle) }

    // MARK: Editing

    func createChain(_ chain: String) throws(Problem) { try check(library.createChain(chain, handle), "create the chain \(chain)") }
    func deleteChain(_ chain: String) throws(Problem) { try check(library.deleteChain(chain, handle), "delete the chain \(chain)") }

    func append(_ entry: [UInt8], to chain: String) throws(Problem) {
        try edit(entry, "append a rule to \(chain)") { library.append($0, to: chain, handle) }
    }

    func insertFirst(_ entry: [UInt8], into chain: String) throws(Problem) {
        try edit(entry, "insert a rule into \(chain)") { library.insert($0, into: chain, at: 0, handle) }
    }

    func replace(_ position: Int, of chain: String, by entry: [UInt8]) throws(Problem) {
        try edit(entry, "replace a rule of \(chain)") { library.replace(UInt32(position), of: chain, by: $0, handle) }
    }

    /// Deletes the rules at these positions, the last first so that the others keep theirs.
    func delete(_ positions: [Int], of chain: String) throws(Problem) {
        for position in positions.sorted(by: >) {
            try check(library.delete(UInt32(position), of: chain, handle), "delete a rule of \(chain)")
        }
    }

    /// Replaces the kernel's table if anything was edited.
    /// - Returns: false when somebody changed the table without the lock: it must be read and edited anew. EAGAIN says that it was changed
    ///   before ours took its place, so that ours did not. EINVAL can mean that it was changed right after, when libiptc gives the rules
    ///   their counters back: then ours did.
    func commit(isLastAttempt: Bool) throws(Problem) -> Bool {
        let code = library.commit(handle)
        if code == EAGAIN || (code == EINVAL && !isLastAttempt) { return false }
        if code != 0 { throw .refusedTable(family, kind, errno: code, message: library.message(code)) }
        return true
    }

    private func edit(_ entry: [UInt8], _ doing: String, _ call: (UnsafeRawPointer) -> Int32) throws(Problem) {
        try check(entry.withUnsafeBytes { $0.baseAddress.map(call) ?? EINVAL }, doing)
    }

    private func check(_ code: Int32, _ doing: String) throws(Problem) {
        if code != 0 { throw Problem(.hostFailure, "could not \(doing) (\(program)): \(library.message(code))") }
        isEdited = true
    }
}
