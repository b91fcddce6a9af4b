// What happens to the model node besides faults: an operator acts, others have rules of their own, the power goes.
public import FaultModel

extension ModelNode {
    public mutating func operatorStops(_ unit: String) { stop(unit) }
    public mutating func setMasked(_ unit: String, _ isMasked: Bool) { units[unit]?.isMasked = isMasked }
    public static let foreignRule = PacketRule(family: .ipv4, chain: .output, verdict: .drop)
    public mutating func addForeignRule(_ name: String) {
        rules.append(.init(mark: name, rule: Self.foreignRule, until: .init(milliseconds: .max)))
    }
    public mutating func removeForeignRules() { rules.removeAll { !$0.isOurs } }

    /// Takes away one rule of a fault, as `iptables -D` would: the n-th of them.
    public mutating func removeRule(of fault: FaultID, _ number: Int) {
        let indices = rules.indices.filter { rules[$0].mark == fault.mark }
        if !indices.isEmpty { rules.remove(at: indices[number % indices.count]) }
    }

    /// The node without what only a reboot treats in a way of its own: a unit that is not enabled, a container that stays as it was left.
    public static var withoutRebootCases: ModelNode {
        var node = ModelNode()
        node.units["by-hand.service"] = nil
        node.containers.removeAll { $0.name == "proxy" }
        return node
    }

    func isUp(_ runtime: Runtime) -> Bool { !units.values.contains { $0.runtime == runtime && !$0.isActive } }
}

extension ModelNode.Rule {
    var isOurs: Bool { mark.hasPrefix(FaultID.markPrefix) }
}

/// What is in force on a model node, in a form that a test can compare.
public struct NodeSight: Sendable, Hashable {
    public struct Rule: Sendable, Hashable, CustomStringConvertible {
        public var mark: String
        public var rule: PacketRule
        /// Nanoseconds since boot.
        public var until: Int64

        public init(mark: String, rule: PacketRule, until: Int64) {
            self.mark = mark
            self.rule = rule
            self.until = until
        }

        public var description: String { "\(rule.iptablesArguments(mark: mark, until: nil)) until \(until)" }
    }
    public var rules: [Rule]
    public var unitsDown: Set<String>
    /// Name to when it fires, in nanoseconds since boot.
    public var timers: [String: Int64]
    public var containersDown: Set<String>
    /// What faults have set.
    public var settings: [String: String]

    public init(_ node: ModelNode) {
        // Nobody sets the clock where nodes are compared, so wall time is time since boot, moved.
        rules = node.rules.map { rule in
            let sinceStart = rule.isOurs ? rule.until - ManualClock.first.wall : .zero
            return .init(mark: rule.mark, rule: rule.rule, until: rule.isOurs ? ManualClock.first.boot + sinceStart.nanoseconds : .max)
        }
        unitsDown = Set(node.units.filter { !$0.value.isActive }.keys)
        timers = node.timers.mapValues(\.until)
        settings = node.valuesOfSettings.filter { node.settings[$0.key] != $0.value }
        containersDown = Set(node.containers.filter { !$0.isRunning }.map(\.name))
    }
}
