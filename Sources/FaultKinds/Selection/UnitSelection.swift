// Which units a fault hits: by name or shell pattern, all of them or a choice.
import FaultModel

/// The same fields and the same errors in every kind that acts on units.
struct UnitSelection: Sendable {
    var units: [UnitPattern]
    var choice: Choice

    /// What a kind asks of a unit before it acts on it.
    struct Wanted {
        /// For messages: `stopping it`.
        var doing: String
        /// Only units that are active; nil takes any that is there.
        var unlessInactive: String? = "would change nothing"
        /// Only units that have processes now: none that waits for Restart= to start it again.
        var needsProcess = false
        /// Such as `.service`; nil takes every type.
        var suffixes: [String]?
    }

    private static let units = Field<[UnitPattern]>(
        "units", singular: "unit", "Units by name or shell pattern: docker.service, nginx (a bare name means a service), app-*.service.",
        check: { $0.isEmpty ? "must name at least one unit" : nil })

    static var fields: [FieldDescription] {
        var units = Self.units.description
        units.required = true
        return [units] + Choice.fields
    }

    static func read(_ reader: inout SpecReader) -> UnitSelection {
        UnitSelection(units: reader.read(Self.units, standIn: []), choice: Choice.read(&reader))
    }

    /// Containers are asked for only where a runtime may go down: their list is not free.
    func query(withContainers: Bool = false) -> NodeQuery {
        let runtimes = ["docker.service", "docker.socket", "podman.service", "containerd.service", "crio.service"]
        let mayHitRuntime = units.contains { unit in runtimes.contains { Glob.matches(unit.text, $0) } }
        return NodeQuery(units: units.map(\.text), containers: withContainers && mayHitRuntime)
    }

    /// The units that are meant, each once, and what has to be said of the choice.
    func find(_ wanted: Wanted, on node: NodeView) throws(Problem) -> (units: [Unit], notes: [String]) {
        var found: [Unit] = []
        var errors = UnitErrors()
        for (index, pattern) in units.enumerated() {
            let field = "spec.units[\(index)]"
            let matches = pattern.isPattern ? search(pattern, field, wanted, node, &errors) : look(up: pattern, field, wanted, node, &errors)
            found += matches.filter { unit in !found.contains { $0.name == unit.name } }
        }
        try errors.throwFirst()
        let (chosen, note) = try choice.pick(from: found, entropy: node.entropy)
        return (chosen, [note].compactMap { $0 })
    }

    private func look(up pattern: UnitPattern, _ field: String, _ wanted: Wanted, _ node: NodeView, _ errors: inout UnitErrors) -> [Unit] {
        guard let unit = node.unit(pattern.text), unit.isFound else {
            let near = nearest(to: pattern.text, among: node.knownUnits).map { "; did you mean \($0)?" } ?? ""
            errors.add(.noSuchUnit, field, "this node has no unit \(pattern.text)\(near)")
            return []
        }
        if let refusal = wanted.refusal(of: unit, on: node) {
            errors.add(refusal.slug, field, refusal.message)
            return []
        }
        return [unit]
    }

    /// What a pattern matches and can't be hit is no error, unless nothing else is left.
    private func search(_ pattern: UnitPattern, _ field: String, _ wanted: Wanted, _ node: NodeView, _ errors: inout UnitErrors) -> [Unit] {
        let matches = node.units.filter { $0.isFound && pattern.matches($0) }
        let fit = matches.filter { wanted.refusal(of: $0, on: node) == nil }
        if matches.isEmpty { errors.add(.noMatch, field, "no unit of this node matches \(pattern.text)") }
        if fit.isEmpty, let refusal = matches.first.flatMap({ wanted.refusal(of: $0, on: node) }) {
            errors.add(refusal.slug, field, "nothing that matches \(pattern.text) can be hit: \(refusal.message)")
        }
        return fit
    }
}

extension UnitSelection.Wanted {
    fileprivate func refusal(of unit: Unit, on node: NodeView) -> (slug: Problem.Slug, message: String)? {
        if let suffixes, !suffixes.contains(where: unit.name.hasSuffix) {
            return (.impossible, "\(unit.name) is none of \(suffixes.joined(separator: ", ")): \(doing) is not possible")
        }
        if needsProcess, unit.isActive, unit.subState == "auto-restart" {
            return (.noEffect, "\(unit.name) waits to be started again (\(unit.subState)): \(doing) has nothing to hit")
        }
        guard let unlessInactive, !unit.isActive else { return nil }
        if let holder = node.holders[Claim.unit(unit.name).resource] { return (.conflict, "\(unit.name) is held down by \(holder)") }
        return (.noEffect, "\(unit.name) is \(unit.activeState) already: \(doing) \(unlessInactive)")
    }
}

/// What is wrong with the units that were named, and under which one slug all of it is told: that of the error that is told first.
private struct UnitErrors {
    private static let order: [Problem.Slug] = [.noSuchUnit, .noMatch, .impossible, .conflict, .noEffect]
    private var all: [(slug: Problem.Slug, error: Problem.FieldError)] = []

    mutating func add(_ slug: Problem.Slug, _ field: String, _ message: String) { all.append((slug, .init(field, message))) }

    func throwFirst() throws(Problem) {
        guard let first = Self.order.compactMap({ slug in all.first { $0.slug == slug } }).first else { return }
        throw Problem(first.slug, first.error.message, hint: "GET /v1/targets/units lists the units of this node", errors: all.map(\.error))
    }
}

extension [Unit] {
    /// Units that go down along with these and are none of them.
    var dependentNames: [String] {
        let own = map(\.name)
        return flatMap(\.dependents).uniqued.filter { !own.contains($0) }
    }
}

extension [String] {
    var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
