// IPv6 rules: libip6tc.
import CNetfilter
import Glibc

enum Libip6tc: Libiptc {
    static func open(_ table: String) -> OpaquePointer? { ip6tc_init(table) }
    static func free(_ table: OpaquePointer) { ip6tc_free(table) }
    static func commit(_ table: OpaquePointer) -> Int32 { ip6tc_commit(table) != 0 ? 0 : errno }
    static func message(_ code: Int32) -> String { String(cString: ip6tc_strerror(code)) }

    static func firstChain(_ table: OpaquePointer) -> UnsafePointer<CChar>? { ip6tc_first_chain(table) }
    static func nextChain(_ table: OpaquePointer) -> UnsafePointer<CChar>? { ip6tc_next_chain(table) }
    static func hasChain(_ chain: String, _ table: OpaquePointer) -> Bool { ip6tc_is_chain(chain, table) != 0 }
    static func createChain(_ chain: String, _ table: OpaquePointer) -> Int32 { ip6tc_create_chain(chain, table) != 0 ? 0 : errno }
    static func deleteChain(_ chain: String, _ table: OpaquePointer) -> Int32 { ip6tc_delete_chain(chain, table) != 0 ? 0 : errno }
    static func policy(_ chain: String, _ table: OpaquePointer) -> UnsafePointer<CChar>? {
        var counters = xt_counters()
        return ip6tc_get_policy(chain, &counters, table)
    }
    static func references(_ chain: String, _ table: OpaquePointer) -> Int {
        var count: UInt32 = 0
        return ip6tc_get_references(&count, chain, table) != 0 ? Int(count) : 0
    }

    static func firstRule(_ chain: String, _ table: OpaquePointer) -> UnsafeRawPointer? { UnsafeRawPointer(ip6tc_first_rule(chain, table)) }
    static func nextRule(_ rule: UnsafeRawPointer, _ table: OpaquePointer) -> UnsafeRawPointer? {
        UnsafeRawPointer(ip6tc_next_rule(entry(rule), table))
    }
    static func target(_ rule: UnsafeRawPointer, _ table: OpaquePointer) -> UnsafePointer<CChar>? { ip6tc_get_target(entry(rule), table) }
    static func append(_ rule: UnsafeRawPointer, to chain: String, _ table: OpaquePointer) -> Int32 {
        ip6tc_append_entry(chain, entry(rule), table) != 0 ? 0 : errno
    }
    static func insert(_ rule: UnsafeRawPointer, into chain: String, at position: UInt32, _ table: OpaquePointer) -> Int32 {
        ip6tc_insert_entry(chain, entry(rule), position, table) != 0 ? 0 : errno
    }
    static func replace(_ position: UInt32, of chain: String, by rule: UnsafeRawPointer, _ table: OpaquePointer) -> Int32 {
        ip6tc_replace_entry(chain, entry(rule), position, table) != 0 ? 0 : errno
    }
    static func delete(_ position: UInt32, of chain: String, _ table: OpaquePointer) -> Int32 {
        ip6tc_delete_num_entry(chain, position, table) != 0 ? 0 : errno
    }

    private static func entry(_ rule: UnsafeRawPointer) -> UnsafePointer<ip6t_entry> { rule.assumingMemoryBound(to: ip6t_entry.self) }
}
