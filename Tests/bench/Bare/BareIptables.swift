// libiptc and nothing else: open a table, one edit, commit, in both families.
import CLinux
import CNetfilter
import Glibc

/// Puts the very rule that iptables does: its bytes are learnt from one that iptables has put.
struct BareIptables: Contender {
    static let title = "libiptc alone, both families"
    let name = Self.title
    private let halves: [Half]
    private static let chain = "OUTPUT"

    /// In the network namespace of this thread.
    init() throws {
        halves = try [Half.ipv4, Half.ipv6].map { half in
            var half = half
            let tool = try Tool(half.tool)
            try tool.run(["-w", "-A", Self.chain, "-p", "tcp", "--dport", "9", "-j", "DROP"])
            half.rule = try half.lastRule(of: Self.chain)
            try tool.run(["-w", "-D", Self.chain, "-p", "tcp", "--dport", "9", "-j", "DROP"])
            return half
        }
    }

    func put(_ number: Int) throws {
        try locked { for half in halves { try half.edit { half.append($0, Self.chain, half.rule) } } }
    }

    /// The last one of the chain.
    func take(_ number: Int) throws {
        try locked { for half in halves { try half.edit { half.deleteLast($0, Self.chain) } } }
    }

    /// Everybody who edits the tables does so: without it, one loses what the other wrote.
    private func locked(_ work: () throws -> Void) throws {
        let file = open("/run/xtables.lock", O_CREAT | O_RDONLY | O_CLOEXEC, 0o600)
        guard file >= 0, flock(file, LOCK_EX) == 0 else { throw Failure.system("lock the tables") }
        defer { close(file) }
        try work()
    }
}

/// One of the library's two, whose functions differ only in their names.
private struct Half: Sendable {
    let tool: String
    let open: @Sendable () -> OpaquePointer?
    let free: @Sendable (OpaquePointer) -> Void
    let commit: @Sendable (OpaquePointer) -> Int32
    /// Where the bytes of the last rule are, and how many.
    let last: @Sendable (OpaquePointer, String) -> UnsafeRawBufferPointer?
    let append: @Sendable (OpaquePointer, String, [UInt8]) -> Int32
    let deleteLast: @Sendable (OpaquePointer, String) -> Int32
    let targetOffset: Int
    var rule: [UInt8] = []

    func edit(_ work: (OpaquePointer) -> Int32) throws {
        guard let table = open() else { throw Failure.system("open a table") }
        defer { free(table) }
        guard work(table) != 0, commit(table) != 0 else { throw Failure.system("edit a table by libiptc") }
    }

    /// The library tells a verdict as a number; to be appended it must be a name again, of 29 bytes. Those behind an empty name are whatever the
    /// library's memory had there.
    func lastRule(of chain: String) throws -> [UInt8] {
        guard let table = open() else { throw Failure.system("open a table") }
        defer { free(table) }
        guard let found = last(table, chain) else { throw Failure("iptables put no rule into \(chain)") }
        var bytes = Array(found)
        let target = Int(bytes[targetOffset]) | Int(bytes[targetOffset + 1]) << 8
        let name = Array("DROP".utf8)
        for index in 0..<29 { bytes[target + 2 + index] = index < name.count ? name[index] : 0 }
        return bytes
    }

    static let ipv4 = Half(
        tool: "iptables-legacy", open: { iptc_init("filter") }, free: { iptc_free($0) }, commit: { iptc_commit($0) },
        last: { table, chain in
            var rule = iptc_first_rule(chain, table)
            while let next = rule, let after = iptc_next_rule(next, table) { rule = after }
            return rule.map { UnsafeRawBufferPointer(start: $0, count: Int($0.pointee.next_offset)) }
        },
        append: { table, chain, rule in
            rule.withUnsafeBytes { $0.baseAddress.map { iptc_append_entry(chain, $0.assumingMemoryBound(to: ipt_entry.self), table) } ?? 0 }
        },
        deleteLast: { table, chain in
            var (count, rule) = (UInt32(0), iptc_first_rule(chain, table))
            while let next = rule { (count, rule) = (count + 1, iptc_next_rule(next, table)) }
            return iptc_delete_num_entry(chain, count - 1, table)
        },
        targetOffset: MemoryLayout<ipt_entry>.offset(of: \.target_offset) ?? 0)

    static let ipv6 = Half(
        tool: "ip6tables-legacy", open: { ip6tc_init("filter") }, free: { ip6tc_free($0) }, commit: { ip6tc_commit($0) },
        last: { table, chain in
            var rule = ip6tc_first_rule(chain, table)
            while let next = rule, let after = ip6tc_next_rule(next, table) { rule = after }
            return rule.map { UnsafeRawBufferPointer(start: $0, count: Int($0.pointee.next_offset)) }
        },
        append: { table, chain, rule in
            rule.withUnsafeBytes { $0.baseAddress.map { ip6tc_append_entry(chain, $0.assumingMemoryBound(to: ip6t_entry.self), table) } ?? 0 }
        },
        deleteLast: { table, chain in
            var (count, rule) = (UInt32(0), ip6tc_first_rule(chain, table))
            while let next = rule { (count, rule) = (count + 1, ip6tc_next_rule(next, table)) }
            return ip6tc_delete_num_entry(chain, count - 1, table)
        },
        targetOffset: MemoryLayout<ip6t_entry>.offset(of: \.target_offset) ?? 0)
}
