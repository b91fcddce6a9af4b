// Whether the kernel enforces a limit: what the unit's cgroup says, on v2 and v1.
import FaultModel

enum LimitCheck {
    /// For the manager to set up the cgroup after a reload.
    static let time = Duration.seconds(2)
    static let pause = Duration.milliseconds(20)
    private static let page: Int64 = 4096

    /// A limit without its controller is accepted, shown and does nothing.
    static func refuseMissing(_ limits: [UnitLimit]) throws(Problem) {
        let cgroups = Cgroups.current
        for limit in limits {
            let controller = limit.property.controller
            guard cgroups.has(controller) else {
                throw Problem(
                    .missingDependency,
                    "\(limit.property.rawValue)= can't be enforced on this node: it has no \"\(controller)\" controller for units",
                    hint:
                        "/sys/fs/cgroup/cgroup.controllers (v2) or /sys/fs/cgroup/\(controller) (v1) must have it; see cgroup_disable= of the kernel"
                )
            }
            if limit.property == .memoryHigh, cgroups == .separate {
                throw Problem(.missingDependency, "MemoryHigh= needs cgroup v2, and this node runs on v1", hint: "use memory_max")
            }
        }
    }

    static func isEnforced(_ limit: UnitLimit, in group: String) -> Bool {
        let found = text(limit, in: group)
        switch limit.property {
        case .cpuQuota: return share(in: found, group).map { abs($0 - limit.value) <= max(1, limit.value / 100) } ?? false
        case .memoryMax, .memoryHigh: return Int64(found).map { $0 / page == limit.value / page } ?? false
        case .tasksMax: return Int64(found) == limit.value
        case .ioReadBandwidthMax, .ioWriteBandwidthMax, .ioReadIOPSMax, .ioWriteIOPSMax:
            let words = found.split(whereSeparator: \.isWhitespace)
            return words.contains(Cgroups.current == .unified ? "\(ioKey(limit.property))=\(limit.value)" : "\(limit.value)")
        }
    }

    /// The file that the limit is in, as it is now.
    static func text(_ limit: UnitLimit, in group: String) -> String {
        Cgroups.current.text(file(limit.property), of: group, controller: limit.property.controller) ?? "not there"
    }

    static func noEffect(_ limit: UnitLimit, _ unit: String, in group: String) -> Problem {
        let what = "\(limit.text) was set for \(unit) and is not enforced: \(file(limit.property)) of its cgroup is \"\(text(limit, in: group))\""
        switch limit.property {
        case .memoryMax: return Problem(.noEffect, what, hint: "cgroup v1 refuses a limit below what can't be reclaimed of the memory in use")
        case .ioReadBandwidthMax, .ioWriteBandwidthMax, .ioReadIOPSMax, .ioWriteIOPSMax:
            return Problem(.noEffect, what, hint: "\(limit.path ?? "the path") must be a block device, or on a file system that has one")
        case .cpuQuota, .memoryHigh, .tasksMax: return Problem(.noEffect, what)
        }
    }

    private static func file(_ property: UnitLimit.Property) -> String { place(property)?.file ?? "memory.high" }
    private static func ioKey(_ property: UnitLimit.Property) -> String { place(property)?.key ?? "" }

    /// Nil for memory.high, which v2 alone has.
    private static func place(_ property: UnitLimit.Property) -> LimitPlace? {
        let resource: CgroupLimit.Resource? =
            switch property {
            case .cpuQuota: .cpu
            case .memoryMax: .memory
            case .memoryHigh: nil
            case .tasksMax: .pids
            case .ioReadBandwidthMax: .read
            case .ioWriteBandwidthMax: .write
            case .ioReadIOPSMax: .readOperations
            case .ioWriteIOPSMax: .writeOperations
            }
        return resource.map { LimitPlace.of($0, on: Cgroups.current) }
    }

    /// Hundredths of a percent of one CPU: quota by period.
    private static func share(in found: String, _ group: String) -> Int64? {
        let words = found.split(separator: " ").map(String.init)
        let period = words.count > 1 ? words[1] : Cgroups.current.text("cpu.cfs_period_us", of: group, controller: "cpu") ?? ""
        guard let quota = words.first.flatMap(Double.init), let period = Double(period), quota > 0, period > 0 else { return nil }
        return Int64((quota / period * 10_000).rounded())
    }

    // MARK: evidence

    /// What the kernel has counted of the limit.
    static func figures(_ limit: UnitLimit, in group: String) -> [String: Int64]? {
        guard !group.isEmpty else { return nil }
        let cgroups = Cgroups.current
        let controller = limit.property.controller
        let number = { (file: String) in cgroups.text(file, of: group, controller: controller).flatMap { Int64($0) } }
        let counter = { (file: String, key: String) in cgroups.text(file, of: group, controller: controller).flatMap { Self.value(key, in: $0) } }
        switch limit.property {
        case .cpuQuota: return ["throttled_periods": counter("cpu.stat", "nr_throttled")].compactMapValues { $0 }
        case .memoryMax, .memoryHigh:
            let isUnified = cgroups == .unified
            return [
                "memory_bytes": number(isUnified ? "memory.current" : "memory.usage_in_bytes"),
                "oom_kills": counter(isUnified ? "memory.events" : "memory.oom_control", "oom_kill"),
            ].compactMapValues { $0 }
        case .tasksMax: return ["tasks": number("pids.current"), "refused_forks": counter("pids.events", "max")].compactMapValues { $0 }
        case .ioReadBandwidthMax, .ioWriteBandwidthMax, .ioReadIOPSMax, .ioWriteIOPSMax: return nil
        }
    }

    private static func value(_ key: String, in text: String) -> Int64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == key { return Int64(words[1]) }
        }
        return nil
    }

    /// What is to be expected where a unit uses about as much as it may.
    static func memoryNote(_ limits: [UnitLimit], _ unit: String, in group: String) -> String? {
        guard let limit = limits.first(where: { $0.property == .memoryMax }), let now = figures(limit, in: group)?["memory_bytes"] else { return nil }
        guard now >= limit.value - limit.value / 20 else { return nil }
        return "\(unit) was at its limit of \(limit.value) bytes: the kernel reclaims, and kills (OOM) where that is not enough"
    }
}
