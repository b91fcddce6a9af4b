// Which of the kernel's two kinds of tables hold packet rules.

/// What a fault's rules are in.
public enum PacketTables: String, Sendable, Hashable, Codable {
    case iptables = "iptables-legacy"
    case nftables
}

/// What the configuration asks for.
public enum PacketBackendSetting: String, SpecWord, Sendable, Hashable {
    case auto, iptables, nftables
}
