// What stopping units means: their triggers, their dependents and their containers.
import FaultModel

extension UnitStop {
    /// Containers are asked for only where a runtime may go down: their list is not free.
    static func query(_ units: [UnitName]) -> NodeQuery {
        let runtimes = ["docker.service", "docker.socket", "podman.service", "containerd.service", "crio.service"]
        return NodeQuery(units: units.map(\.name), containers: units.contains { runtimes.contains($0.name) })
    }

    static func plan(_ names: [UnitName], force: Bool, on node: NodeView) throws(Problem) -> Plan {
        let victims = try find(names, on: node)
        let stopped = unique(victims.map(\.name))
        let triggers = unique(victims.flatMap(\.triggeredBy)).filter { !stopped.contains($0) }
        let dependents = unique(victims.flatMap(\.dependents)).filter { !stopped.contains($0) && !triggers.contains($0) }
        let change = UnitChange(units: stopped, triggers: triggers, dependents: dependents, force: force ? true : nil)

        var plan = Plan()
        let kept = keptContainers(victims, on: node)
        // Reverted last, when the runtime is back.
        if !kept.isEmpty { plan.changes.append(.containers(ContainerChange(action: .keepRunning, targets: kept))) }
        plan.changes.append(.units(change))
        plan.units = change.all
        plan.targets = change.all.count
        plan.claims = change.all.map { .unit($0) }
        // Ending this fault starts these as well, so nobody else may hold them down meanwhile.
        plan.claims += unique(victims.flatMap(\.pulls)).filter { !change.all.contains($0) }.map { .unit($0, shared: true) }
        plan.notes = notes(change, kept)
        return plan
    }

    private static func notes(_ change: UnitChange, _ kept: [ContainerPin]) -> [String] {
        var notes: [String] = []
        if !change.triggers.isEmpty { notes.append("stopped as well, because they would start it again: \(change.triggers.joined(separator: ", "))") }
        if !change.dependents.isEmpty { notes.append("systemd takes down with it: \(change.dependents.joined(separator: ", "))") }
        if !kept.isEmpty { notes.append("containers that go down with it and will run again: \(kept.map(\.name).joined(separator: ", "))") }
        return notes
    }

    private static func find(_ names: [UnitName], on node: NodeView) throws(Problem) -> [Unit] {
        var found: [Unit] = []
        var errors: [(slug: Problem.Slug, error: Problem.FieldError)] = []
        for (index, name) in names.enumerated() {
            let field = "spec.units[\(index)]"
            guard let unit = node.unit(name.name), unit.isFound else {
                let near = nearest(to: name.name, among: node.knownUnits).map { "; did you mean \($0)?" } ?? ""
                errors.append((.noSuchUnit, .init(field, "this node has no unit \(name.name)\(near)")))
                continue
            }
            if unit.isActive {
                found.append(unit)
            } else if let holder = node.holders[Claim.unit(unit.name).resource] {
                errors.append((.conflict, .init(field, "\(unit.name) is held down by \(holder)")))
            } else {
                errors.append((.noEffect, .init(field, "\(unit.name) is \(unit.activeState) already: stopping it would change nothing")))
            }
        }
        // One slug for all: that of the error which is told first.
        let order: [Problem.Slug] = [.noSuchUnit, .conflict, .noEffect]
        guard let first = order.compactMap({ slug in errors.first { $0.slug == slug } }).first else { return found }
        throw Problem(first.slug, first.error.message, hint: "GET /v1/targets/units lists the units of this node", errors: errors.map(\.error))
    }

    private static func keptContainers(_ victims: [Unit], on node: NodeView) -> [ContainerPin] {
        let runtimes = victims.compactMap(\.runtime)
        return node.containers.filter { $0.isRunning && runtimes.contains($0.runtime) }.map(ContainerPin.init)
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
