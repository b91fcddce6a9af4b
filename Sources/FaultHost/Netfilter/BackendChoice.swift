// Which tables a node's packet rules are put into, and why.
import FaultModel

struct BackendChoice: Sendable, Hashable {
    var tables: PacketTables
    /// For people.
    var why: String

    /// Rules are put where this node's others are, so that who looks for them looks there. Rules of both kinds are in force at once, so
    /// that a choice that others would have made otherwise costs nothing but that look.
    static func make(_ setting: PacketBackendSetting, iptables: TableUse, nftables: TableUse) -> BackendChoice {
        switch setting {
        case .iptables: return BackendChoice(tables: .iptables, why: "packet_backend in the configuration says so")
        case .nftables: return BackendChoice(tables: .nftables, why: "packet_backend in the configuration says so")
        case .auto: break
        }
        switch (iptables, nftables) {
        case (.used(let what), _): return BackendChoice(tables: .iptables, why: what)
        case (.unused, .missing(let reason)), (.missing, .missing(let reason)):
            return BackendChoice(tables: .iptables, why: "nftables can't be used: \(reason)")
        case (.unused, .used(let what)): return BackendChoice(tables: .nftables, why: "\(what), the legacy tables are not")
        case (.missing(let reason), .used(let what)): return BackendChoice(tables: .nftables, why: "\(what); \(reason)")
        // The legacy tables would first have to be set up, and end a rule to the second only.
        case (.unused, .unused): return BackendChoice(tables: .nftables, why: "nobody filters packets here yet, and its rules end to the millisecond")
        case (.missing(let reason), .unused): return BackendChoice(tables: .nftables, why: reason)
        }
    }
}
