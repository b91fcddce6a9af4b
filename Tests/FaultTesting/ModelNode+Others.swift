// What happens to the model node besides faults: an operator acts, others have rules of their own, the power goes.
public import FaultModel

extension ModelNode {
    public mutating func operatorStops(_ unit: String) { stop(unit) }
    public mutating func setMasked(_ unit: String, _ isMasked: Bool) { units[unit]?.isMasked = isMasked }
    public static let foreignRule = PacketRule(family: .ipv4, chain: .output, verdict: .drop)
    public mutating func addForeignRule(_ name: String) {
        rules.append(.init(mark: name, rule: Self.foreignRule, until: .max))
    }
    public mutating func removeForeignRules() { rules.removeAll { !$0.isOurs } }

    /// Takes away one rule of a fault, as `iptables -D` would: the n-th of them.
    public mutating func removeRule(of fault: FaultID, _ number: Int) {
        let indices = rules.indices.filter { rules[$0].mark == fault.mark }
        if !indices.isEmpty { rules.remove(at: indices[number % indices.count]) }
    }

    /// The node boots: the kernel and systemd's transient units forget; what is enabled and not masked runs.
    public mutating func reboot() {
        let fresh = ModelNode()
        rules = []
        timers = [:]
        for (name, unit) in units { units[name]?.isActive = fresh.units[name]?.isActive == true && !unit.isMasked }
        for index in containers.indices where containers[index].pod == nil {
            containers[index].state = containers[index].restartPolicy == "always" ? "running" : "exited"
        }
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

    public init(_ node: ModelNode) {
        rules = node.rules.map { .init(mark: $0.mark, rule: $0.rule, until: $0.until) }
        unitsDown = Set(node.units.filter { !$0.value.isActive }.keys)
        timers = node.timers.mapValues(\.until)
        containersDown = Set(node.containers.filter { !$0.isRunning }.map(\.name))
    }
}
