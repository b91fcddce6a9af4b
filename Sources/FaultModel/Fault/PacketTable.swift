// Which of a family's tables a rule is in: that follows from what it does.

/// Tables by the kernel's names, in the order in which an outgoing packet passes them last to first.
public enum PacketTable: String, Sendable, Hashable, Codable, CaseIterable {
    case filter
    /// Before connections are tracked and addresses translated.
    case raw

    /// Those of its built-in chains in which rules are put.
    public var chains: [PacketChain] {
        switch self {
        case .filter: [.input, .output, .forward]
        case .raw: [.prerouting, .output]
        }
    }
}

extension Verdict {
    public var table: PacketTable {
        switch self {
        case .drop, .reject: .filter
        case .queue, .untracked: .raw
        }
    }
}

extension PacketRule {
    public var table: PacketTable { verdict.table }

    /// What a person types before the action.
    public var command: String { table.command(family) }
}

extension PacketTable {
    /// `iptables`, or `ip6tables -t raw`.
    public func command(_ family: IPFamily) -> String {
        let program = family == .ipv4 ? "iptables" : "ip6tables"
        return self == .filter ? program : "\(program) -t \(rawValue)"
    }
}
