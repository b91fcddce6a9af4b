// unit.freeze: the processes of units stand still.
public import FaultModel

/// Freezes units by the kernel's freezer: nothing dies, nothing answers.
public struct UnitFreeze: FaultKind {
    public struct Parameters: Sendable { var selection: UnitSelection }

    public init() {}

    public let name = "unit.freeze"
    public let summary = "Freeze the processes of units: they live and make no progress"
    public let details = """
        Every process of the unit stops where it is, and goes on from there when the fault ends: a hang rather than a crash. The kernel's own word \
        is taken for it (cgroup.events), not only the manager's. Needs cgroup v2.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                Every process in the cgroups of the services and scopes chosen. Their sockets stay open: clients connect and get no answer. \
                Containers of a frozen runtime have cgroups of their own and run on.
                """,
            undo: """
                The units are thawed. One that somebody thawed or stopped meanwhile is left as it is.
                """,
            backstop: """
                systemd: a transient timer thaws the units half a second after the lease and runs faultd revert for this fault.
                """,
            next: """
                A service with WatchdogSec= is killed by systemd when it misses its keep-alive, and Restart= starts it unfrozen: told as drift. \
                `systemctl stop` and `restart` thaw the unit first. Timeouts of peers run on; a thawed process finds its own timers long over.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] { UnitSelection.fields }
    public var examples: [KindExample] {
        [
            KindExample("A service that hangs", ["unit": "nginx.service"]),
            KindExample("One of several", ["unit": "app-*.service", "count": "1", "seed": "3"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters { Parameters(selection: UnitSelection.read(&reader)) }
    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query() }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let wanted = UnitSelection.Wanted(doing: "freezing it", needsProcess: true, suffixes: [".service", ".scope"])
        let (units, notes) = try parameters.selection.find(wanted, on: node)
        var plan = Plan()
        plan.units = units.map(\.name)
        plan.changes = [.unitFreezes(UnitFreezeChange(units: plan.units))]
        plan.targets = units.count
        plan.claims = plan.units.map { .unit($0) }
        let waiting = units.dependentNames
        plan.notes = notes + (waiting.isEmpty ? [] : ["these need what is frozen, and stay up: \(waiting.joined(separator: ", "))"])
        return plan
    }
}
