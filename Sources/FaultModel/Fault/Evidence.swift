// What was observed of a fault: proof that it is in force, and how the node answered.

public struct Evidence: Sendable, Hashable, Codable {
    public var packets: Packets?
    public var units: [UnitState]?
    public var containers: [Recovery]?
    /// What other mechanisms see, such as `qdisc eth0` in state `netem delay 50ms`.
    public var observations: [Observation]?
    /// For people: things worth knowing that happened.
    public var notes: [String]?
    /// What keeps the change from being wholly in force now; empty when nothing does, nil when that was not looked at.
    public var drift: [String]?

    public init(
        packets: Packets? = nil, units: [UnitState]? = nil, containers: [Recovery]? = nil, observations: [Observation]? = nil,
        notes: [String]? = nil, drift: [String]? = nil
    ) {
        self.packets = packets
        self.units = units
        self.containers = containers
        self.observations = observations
        self.notes = notes
        self.drift = drift
    }

    /// What the fault's rules have hit, by the kernel's counters.
    public struct Packets: Sendable, Hashable, Codable {
        /// Which tables hold the rules, such as `iptables-legacy`.
        public var backend: String
        /// Rules in the kernel that carry the mark.
        public var rules: Int
        public var hitPackets: UInt64
        public var hitBytes: UInt64

        public init(backend: String, rules: Int, hitPackets: UInt64, hitBytes: UInt64) {
            self.backend = backend
            self.rules = rules
            self.hitPackets = hitPackets
            self.hitBytes = hitBytes
        }

        /// Those of several changes together; nil for none.
        init?(all parts: [Packets]) {
            guard let first = parts.first else { return nil }
            self = parts.dropFirst().reduce(into: first) { sum, part in
                sum.rules += part.rules
                sum.hitPackets &+= part.hitPackets
                sum.hitBytes &+= part.hitBytes
            }
        }

        enum CodingKeys: String, CodingKey {
            case backend, rules
            case hitPackets = "hit_packets"
            case hitBytes = "hit_bytes"
        }
    }

    /// One thing that is held, as it was just seen.
    public struct Observation: Sendable, Hashable, Codable {
        /// What it is, as a person would call it: `qdisc eth0`, `process 812 (nginx)`, `/srv/app/config.yaml`.
        public var subject: String
        /// Such as `stopped`, `cpu.max 10000 100000`, `90% full`.
        public var state: String
        /// What was counted, each name with its unit: `delayed_packets`, `throttled_us`.
        public var figures: [String: Int64]?

        public init(_ subject: String, _ state: String, figures: [String: Int64]? = nil) {
            self.subject = subject
            self.state = state
            self.figures = figures
        }
    }

    /// A unit's state now.
    public struct UnitState: Sendable, Hashable, Codable {
        public var unit: String
        public var state: String
        /// Set when the unit became active again while the fault held it down.
        public var selfHealedAfter: TextDuration?

        public init(unit: String, state: String, selfHealedAfter: TextDuration? = nil) {
            self.unit = unit
            self.state = state
            self.selfHealedAfter = selfHealedAfter
        }

        enum CodingKeys: String, CodingKey {
            case unit, state
            case selfHealedAfter = "self_healed_after"
        }
    }

    /// What became of a container that was killed.
    public struct Recovery: Sendable, Hashable, Codable {
        public enum Outcome: String, Sendable, Hashable, Codable {
            /// The kill was sent and the process has not ended.
            case signalled
            /// Ended; nothing has come back yet.
            case waiting
            /// The same container runs again.
            case restarted
            /// Another container does its work.
            case replaced
            /// The lease ended and nothing had come back.
            case didNotComeBack = "did-not-come-back"
            /// faultd started it again at the end of the lease.
            case startedByFaultd = "started-by-faultd"
        }
        public var runtime: Runtime
        public var name: String
        public var workload: String
        public var outcome: Outcome
        public var oldID: String
        public var newID: String?
        public var newName: String?
        public var killedAt: Timestamp?
        public var relaunchedAt: Timestamp?
        /// From the kill to the new start.
        public var relaunchTime: TextDuration?
        /// From the kill to healthy, where the runtime knows health.
        public var readyTime: TextDuration?
        /// What the platform is expected to do, or why nothing came back.
        public var note: String?

        public init(pin: ContainerPin, outcome: Outcome) {
            runtime = pin.runtime
            name = pin.name
            workload = pin.workload
            oldID = pin.id
            self.outcome = outcome
        }

        enum CodingKeys: String, CodingKey {
            case runtime, name, workload, outcome
            case oldID = "old_id"
            case newID = "new_id"
            case newName = "new_name"
            case killedAt = "killed_at"
            case relaunchedAt = "relaunched_at"
            case relaunchTime = "relaunch_time"
            case readyTime = "ready_time"
            case note
        }
    }

    /// Takes over what `newer` knows: its packets, and its units and containers entry by entry. Drift is of one change, and kept there.
    public mutating func merge(_ newer: Evidence) {
        packets = newer.packets ?? packets
        units = Self.merge(units, newer.units) { $0.unit == $1.unit }
        containers = Self.merge(containers, newer.containers) { $0.runtime == $1.runtime && $0.oldID == $1.oldID }
        observations = Self.merge(observations, newer.observations) { $0.subject == $1.subject }
        notes = Self.merge(notes, newer.notes) { $0 == $1 }
    }

    private static func merge<T>(_ old: [T]?, _ new: [T]?, same: (T, T) -> Bool) -> [T]? {
        guard let new else { return old }
        var merged = old ?? []
        for item in new {
            if let index = merged.firstIndex(where: { same($0, item) }) { merged[index] = item } else { merged.append(item) }
        }
        return merged
    }
}

/// What ends the fault if the daemon can't.
public struct Backstop: Sendable, Hashable, Codable {
    /// `kernel` or `systemd`.
    public var by: String
    /// When it fires.
    public var at: Timestamp
    public var detail: String

    public init(by: String, at: Timestamp, detail: String) {
        self.by = by
        self.at = at
        self.detail = detail
    }

    /// Both hold: the later one is when everything is over.
    public static func joined(_ all: [Backstop]) -> Backstop? {
        guard let latest = all.map(\.at).max() else { return nil }
        var makers: [String] = []
        for maker in all.map(\.by) where !makers.contains(maker) { makers.append(maker) }
        return .init(by: makers.joined(separator: "+"), at: latest, detail: all.map(\.detail).joined(separator: "; "))
    }
}

/// What would hold a fault of some kind on this node.
public struct BackstopOutlook: Sendable, Hashable, Codable {
    /// `kernel`, `systemd` or both; nil is nothing.
    public var by: String?
    /// What it does, or why there is nothing.
    public var detail: String

    public init(by: String?, detail: String) {
        self.by = by
        self.detail = detail
    }
}
