// What stopping units means: their triggers, their dependents and their containers.
import FaultModel

extension UnitStop {
    static func query(_ units: [UnitName]) -> NodeQuery { selection(units).query(withContainers: true) }

    static func plan(_ names: [UnitName], force: Bool, on node: NodeView) throws(Problem) -> Plan {
        try plan(selection(names), force: force, on: node)
    }

    private static func selection(_ names: [UnitName]) -> UnitSelection { UnitSelection(units: names.map(UnitPattern.init), choice: Choice()) }

    static func plan(_ selection: UnitSelection, force: Bool, on node: NodeView) throws(Problem) -> Plan {
        let (victims, choice) = try selection.find(.init(doing: "stopping it"), on: node)
        let stopped = victims.map(\.name)
        let triggers = victims.flatMap(\.triggeredBy).uniqued.filter { !stopped.contains($0) }
        let dependents = victims.dependentNames.filter { !triggers.contains($0) }
        let change = UnitChange(units: stopped, triggers: triggers, dependents: dependents, force: force ? true : nil)

        var plan = Plan()
        let kept = try KeptContainers(victims, on: node)
        plan.changes = kept.changes + [.units(change)]
        plan.units = change.all
        plan.targets = change.all.count
        plan.claims = change.all.map { .unit($0) }
        // Ending this fault starts these as well, so nobody else may hold them down meanwhile.
        plan.claims += victims.flatMap(\.pulls).uniqued.filter { !change.all.contains($0) }.map { .unit($0, shared: true) }
        plan.notes = choice + notes(change) + kept.notes
        return plan
    }

    private static func notes(_ change: UnitChange) -> [String] {
        var notes: [String] = []
        if !change.triggers.isEmpty { notes.append("stopped as well, because they would start it again: \(change.triggers.joined(separator: ", "))") }
        if !change.dependents.isEmpty { notes.append("systemd takes down with it: \(change.dependents.joined(separator: ", "))") }
        return notes
    }
}
