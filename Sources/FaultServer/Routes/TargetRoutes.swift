// What could be hit on this node, chosen with the selectors of a spec.
import FaultEngine
import FaultModel
import HTTPTypes

/// A list of targets, and what kept it from being complete.
struct TargetsDocument<Item: Sendable & Encodable>: Sendable, Encodable {
    var items: [Item]
    var warnings: [String]
}

struct TargetRoutes: Sendable {
    let controller: Controller

    var routes: [Route] {
        [
            Route(.get, "/v1/targets/units", "systemd units; ?name=docker* ?state=active", handle: units),
            Route(
                .get, "/v1/targets/containers", "running containers, by the selectors of container.kill; ?all=true: others too", handle: containers),
            Route(.get, "/v1/targets/interfaces", "network interfaces", handle: interfaces),
            Route(.get, "/v1/targets/processes", "not in this version", handle: processes),
        ]
    }

    private static let all = Field<Bool>("all", default: false, "Also containers that do not run.")

    private func containers(_ call: Call) async throws -> Reply {
        let (selector, all) = try call.readQuery { (ContainerFields.read(&$0), $0.read(Self.all) ?? false) }
        let view = try await controller.targets(NodeQuery(containers: true))
        let items = selector.matches(among: view.containers).filter { all || $0.isRunning }
        let none = view.runtimes.isEmpty && view.runtimeErrors.isEmpty ? ["no container runtime answers on this node"] : []
        return try Reply.json(TargetsDocument(items: items, warnings: view.runtimeErrors + none))
    }

    private func interfaces(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        let view = try await controller.targets(NodeQuery(interfaces: true))
        return try Reply.json(TargetsDocument(items: view.interfaces, warnings: []))
    }

    private func processes(_ call: Call) async throws -> Reply {
        throw Problem(.notFound, "this version has no faults on processes, so it lists none", hint: "units, containers and interfaces are there")
    }
}

extension TargetRoutes {
    private static let names = Field<[String]>("name", "Names of units, or shell patterns such as docker*; repeat it for more.")
    private static let states = Field<[String]>("state", "Only units in one of these states, such as active or failed; repeat it for more.")

    private func units(_ call: Call) async throws -> Reply {
        let (names, states) = try call.readQuery { reader in (unitNames(&reader), reader.read(Self.states) ?? []) }
        let view = try await controller.targets(NodeQuery(units: names, allUnits: names.isEmpty))
        let items = view.units.filter { unit in
            unit.isFound && (states.isEmpty || states.contains(unit.activeState) || states.contains(unit.subState))
        }
        return try Reply.json(TargetsDocument(items: items, warnings: missing(in: view)))
    }

    /// A bare name means the service, as in a spec; a pattern stays as it is.
    private func unitNames(_ reader: inout SpecReader) -> [String] {
        var names = reader.read(Self.names) ?? []
        for (index, text) in names.enumerated() where !Glob.isPattern(text) {
            do { names[index] = try UnitName(spec: .string(text), lenient: true).name } catch {
                reader.refuse("name[\(index)]", error.message)
            }
        }
        return names
    }

    private func missing(in view: NodeView) -> [String] {
        view.units.filter { !$0.isFound }.map { unit in
            let near = nearest(to: unit.name, among: view.knownUnits).map { "; did you mean \($0)?" } ?? ""
            return "there is no unit \(unit.name)\(near)"
        }
    }
}
