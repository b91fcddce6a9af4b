// unit.limit: units get less CPU, memory, IO or fewer tasks.
public import FaultModel

/// Limits what units may use, at run time and over restarts, and reads in the cgroup that it holds.
public struct UnitLimitKind: FaultKind {
    public struct Parameters: Sendable {
        var selection: UnitSelection
        var limits: [UnitLimit]
    }

    public init() {}

    public let name = "unit.limit"
    public let summary = "Limit the CPU, memory, IO or tasks of units"
    public let details = """
        A drop-in below /run has the last word on the unit's resource control. That the kernel enforces it is read in the unit's cgroup: the manager \
        accepts and shows a limit also where no controller is there to enforce it. Field names are systemd's (CPUQuota=, MemoryMax=, …).
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                One drop-in for each unit, /run/systemd/system.control/UNIT.d/zz-faultd-ID.conf, and the limits in the unit's cgroup that follow \
                from it; then daemon-reload, which takes in whatever else has changed in unit files.
                """,
            undo: """
                Exactly this drop-in is removed, with its folder if that was not there, and the manager reloads: what the unit files and everybody \
                else's drop-ins say holds again. `systemctl set-property` by somebody else meanwhile stays, and is told as drift.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                Above memory_max the kernel reclaims, and then kills a process of the unit (OOM); Restart= may start it again, under the same limit. \
                Above tasks_max fork() fails with EAGAIN. With a small cpu_quota health checks and WatchdogSec= may run out.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] { UnitSelection.fields + UnitLimitFields.all }
    public var examples: [KindExample] {
        [
            KindExample("A fifth of one CPU", ["unit": "nginx.service", "cpu_quota": "20%"]),
            KindExample("Little memory and few tasks", ["unit": "node-agent.service", "memory_max": "64M", "tasks_max": "20"]),
            KindExample("Slow reads from one disk", ["unit": "nginx.service", "io_read_bandwidth_max": "/var 1M"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(selection: UnitSelection.read(&reader), limits: UnitLimitFields.read(&reader))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query() }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let wanted = UnitSelection.Wanted(
            doing: "limiting it", unlessInactive: "could not be seen to work", needsProcess: true,
            suffixes: [".service", ".scope", ".slice", ".socket", ".mount"])
        let (units, notes) = try parameters.selection.find(wanted, on: node)
        let names = units.map(\.name)
        var plan = Plan()
        plan.changes = [.unitOverrides(UnitOverrideChange(.limits(parameters.limits), units: names))]
        // The limit of a slice is one of everything in it.
        plan.units = names + units.filter { $0.name.hasSuffix(".slice") }.dependentNames
        plan.targets = plan.units.count
        plan.claims = names.flatMap { [.unit($0, shared: true), Claim("unit-limit:\($0)")] }
        plan.notes = notes + Self.slices(units)
        return plan
    }

    private static func slices(_ units: [Unit]) -> [String] {
        units.filter { $0.name.hasSuffix(".slice") && !$0.dependents.isEmpty }.map {
            "the limit of \($0.name) is shared by \($0.dependents.joined(separator: ", "))"
        }
    }
}
