// Where load is made: beside everything else, or inside somebody's limits.
import FaultModel

/// The place that a spec asks for; none is a unit of its own.
struct Placement: Sendable {
    var slice: UnitName?
    var unit: UnitName?
    var container: String?

    private static let slice = Field<UnitName>(
        "slice", "Run in this slice, such as user.slice, so that its limits count.",
        check: { $0.name.hasSuffix(".slice") ? nil : "must be a slice, such as \"user.slice\"" })
    private static let unit = Field<UnitName>(
        "unit", "Run inside this unit's own control group, so that its limits count: it is the unit that runs short.",
        check: { $0.name.hasSuffix(".service") || $0.name.hasSuffix(".scope") ? nil : "must be a service or a scope; slice takes a slice" })
    private static let container = Field<String>(
        "container", "Run inside this container's control group, so that its limits count: its exact name, or 4 or more digits of its id.")

    static var fields: [FieldDescription] { [slice.description, unit.description, container.description] }

    static func read(_ reader: inout SpecReader) -> Placement {
        let place = Placement(slice: reader.read(slice), unit: reader.read(unit), container: reader.read(container))
        let given = [place.slice == nil ? nil : "slice", place.unit == nil ? nil : "unit", place.container == nil ? nil : "container"]
        let names = given.compactMap { $0 }
        if names.count > 1 { reader.refuse(names[1], "can't be given together with \(names[0]): a worker is in one place") }
        return place
    }

    /// What must be known of the node.
    var query: NodeQuery {
        var query = NodeQuery(units: [unit, slice].compactMap { $0?.name }, containers: container != nil)
        query.resources = true
        return query
    }

    /// Puts the worker there, and holds that place while it lasts.
    func plan(_ worker: Worker, on node: NodeView) throws(Problem) -> Plan {
        var (plan, worker) = (Plan(), worker)
        if let slice {
            worker.place = .slice(try running(slice, "spec.slice", node))
        } else if let unit {
            let name = try running(unit, "spec.unit", node)
            worker.place = .unit(name)
            plan.units = [name]
            plan.claims = [.unit(name, shared: true)]
        } else if let container {
            let pin = try pin(container, node)
            worker.place = .container(pin)
            plan.claims = [Claim(Claim.container(pin).resource, shared: true)]
        }
        plan.changes = [.workers(WorkerChange(workers: [worker]))]
        plan.targets = 1
        return plan
    }

    private func running(_ name: UnitName, _ field: String, _ node: NodeView) throws(Problem) -> String {
        guard let found = node.unit(name.name), found.isFound else {
            let near = nearest(to: name.name, among: node.knownUnits).map { "did you mean \($0)?" }
            throw Problem(.noSuchUnit, "this node has no unit \(name.name)", hint: near, errors: [.init(field, "is no unit of this node")])
        }
        guard found.isActive else {
            throw Problem(
                .noMatch, "\(found.name) is \(found.activeState): nothing runs in it", errors: [.init(field, "must be a unit that is active")])
        }
        return found.name
    }

    private func pin(_ text: String, _ node: NodeView) throws(Problem) -> ContainerPin {
        let running = node.containers.filter(\.isRunning)
        let named = running.filter { $0.name == text }
        let found = named.isEmpty && text.count >= 4 ? running.filter { $0.id.hasPrefix(text.lowercased()) } : named
        guard let container = found.first, found.count == 1 else {
            let what = found.isEmpty ? "no running container is" : "\(found.count) running containers are"
            throw Problem(
                .noMatch, "\(what) called \"\(text)\"", hint: "GET /v1/targets/containers shows what runs here; a name must be exact",
                errors: [.init("spec.container", "must name one running container")])
        }
        return ContainerPin(container)
    }
}
