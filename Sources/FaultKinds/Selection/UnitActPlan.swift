// What unit.kill and unit.restart have in common: units that are hit once, or again and again, and run again at the end.
import FaultModel

enum UnitActPlan {
    static let repeatEvery = Field<Duration>(
        "repeat_every", "Hit again whatever matches and runs then, this often, until the lease ends.",
        check: { $0 >= .seconds(1) ? nil : "must be at least 1s" })

    static func make(
        _ act: UnitActChange.Act, _ selection: UnitSelection, _ wanted: UnitSelection.Wanted, on node: NodeView, note: (String) -> String
    ) throws(Problem) -> Plan {
        let (victims, choice) = try selection.find(wanted, on: node)
        let names = victims.map(\.name)
        let dependents = victims.dependentNames
        let kept = try KeptContainers(victims, on: node)
        var plan = Plan()
        plan.changes = kept.changes + [.unitActs(UnitActChange(act: act, units: names, dependents: dependents))]
        plan.units = names + dependents
        plan.targets = plan.units.count
        // A limit on the same unit is no clash; another act on it, or holding it down, is.
        plan.claims = names.flatMap { [.unit($0, shared: true), Claim("unit-act:\($0)")] } + dependents.map { .unit($0, shared: true) }
        plan.notes = choice + (dependents.isEmpty ? [] : [note(dependents.joined(separator: ", "))]) + kept.notes
        return plan
    }
}
