// Looking up units: by name, by pattern, and all of them.
import FaultModel

extension Systemd {
    /// Units by name (`systemctl show NAME`) or shell pattern, each once, under its own name also when an alias was given.
    /// - Returns: `known` is filled only when a name was not found or a pattern matched nothing: every name there is.
    /// - Parameter suggesting: whether `known` is wanted.
    func units(matching names: [String], suggesting: Bool = true) async throws(Problem) -> (units: [Unit], known: [String]) {
        try await asking(to: "look up units") { () throws(BusError) in
            var survey = UnitSurvey(bus)
            var units: [Unit] = []
            var somethingIsMissing = false
            for name in names {
                let found = Glob.isPattern(name) ? try await matches(of: name, &survey) : [try await unit(name, &survey)]
                somethingIsMissing = somethingIsMissing || !found.contains(where: \.isFound)
                units += found.filter { unit in !units.contains { $0.name == unit.name } }
            }
            return (units, somethingIsMissing && suggesting ? try await allNames() : [])
        }
    }

    /// Every loaded unit that can be acted on, cheaply: who triggers and who depends on it is left out (`systemctl list-units`).
    func allUnits() async throws(Problem) -> [Unit] {
        try await asking(to: "list units") { () throws(BusError) in
            try await listed("ListUnits", []).filter { $0.isFound && !$0.name.hasSuffix(".device") }.sorted { $0.name < $1.name }
        }
    }

    private func unit(_ name: String, _ survey: inout UnitSurvey) async throws(BusError) -> Unit {
        let properties: UnitProperties
        do throws(BusError) { properties = try await survey.properties(of: name) } catch {
            guard case .refused(_, let message) = error else { throw error }
            let why = name.contains("@.") ? "a template: name an instance of it, such as \(name.replacing("@.", with: "@NAME."))" : message
            return Unit(name: name, description: why, loadState: "not-found", activeState: "inactive", subState: "dead")
        }
        var unit = Unit(properties)
        guard unit.isFound else { return unit }
        let footprint = try await survey.footprint(of: [unit.name])
        unit.triggeredBy = footprint.triggers
        unit.dependents = footprint.dependents
        unit.pulls = footprint.pulls
        unit.runtime = Self.runtime(endingWith: [unit.name] + footprint.dependents + footprint.triggers)
        return unit
    }

    /// Docker's daemon stops its containers when it ends, unless `live-restore` is on. Those of containerd, CRI-O and podman belong to
    /// shims and conmon processes that outlive the unit.
    private static func runtime(endingWith units: [String]) -> Runtime? { units.contains("docker.service") ? .docker : nil }

    private func matches(of pattern: String, _ survey: inout UnitSurvey) async throws(BusError) -> [Unit] {
        let loaded = try await listed("ListUnitsByPatterns", [.strings([]), .strings([pattern])]).filter(\.isFound).map(\.name)
        let files = try await unitFiles("ListUnitFilesByPatterns", [.strings([]), .strings([pattern])])
        var units: [Unit] = []
        for name in Set(loaded + files).sorted() {
            let unit = try await unit(name, &survey)
            if unit.isFound { units.append(unit) }
        }
        return units
    }

    private func allNames() async throws(BusError) -> [String] {
        let loaded = try await listed("ListUnits", []).filter(\.isFound).map(\.name)
        return Set(loaded + (try await unitFiles("ListUnitFiles", []))).sorted()
    }

    /// `a(ssssssouso)`: name, description, load state, active state, sub state, and more that is of no use here.
    func listed(_ member: String, _ arguments: [BusValue]) async throws(BusError) -> [Unit] {
        try await bus.call(BusCall(member, arguments)).flatMap(\.elements).compactMap { row in
            let texts = row.elements.prefix(5).compactMap(\.text)
            guard texts.count == 5 else { return nil }
            return Unit(name: texts[0], description: texts[1], loadState: texts[2], activeState: texts[3], subState: texts[4])
        }
    }

    /// Names of unit files that are units and not templates for some. `a(ss)`: path and state.
    private func unitFiles(_ member: String, _ arguments: [BusValue]) async throws(BusError) -> [String] {
        try await bus.call(BusCall(member, arguments)).flatMap(\.elements).compactMap { row in
            guard let path = row.elements.first?.text, let name = path.split(separator: "/").last, !name.contains("@.") else { return nil }
            return String(name)
        }
    }
}

extension Unit {
    init(_ unit: UnitProperties) {
        self.init(
            name: unit.name, description: unit.description, loadState: unit.loadState, activeState: unit.activeState, subState: unit.subState,
            unitFileState: unit.unitFileState)
        aliases = unit.aliases
    }
}
