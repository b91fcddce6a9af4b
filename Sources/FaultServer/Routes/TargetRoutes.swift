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
            Route(.get, "/v1/targets/units", "systemd units; ?name=docker* ?state=active ?count=1&seed=7", handle: units),
            Route(
                .get, "/v1/targets/containers", "running containers, by the selectors and the choice of container.kill; ?all=true: others too",
                handle: containers),
            Route(.get, "/v1/targets/interfaces", "network interfaces; ?name=eth* ?count=1&seed=7", handle: interfaces),
            Route(.get, "/v1/targets/processes", "processes, by the selectors and the choice of process.kill", handle: processes),
        ]
    }

    private static let all = Field<Bool>("all", default: false, "Also containers that do not run.")

    private func containers(_ call: Call) async throws -> Reply {
        let (selector, choice, all) = try call.readQuery { (ContainerFields.read(&$0), Choice.read(&$0), $0.read(Self.all) ?? false) }
        let view = try await controller.targets(NodeQuery(containers: true))
        let items = selector.matches(among: view.containers).filter { all || $0.isRunning }
        let none = view.runtimes.isEmpty && view.runtimeErrors.isEmpty ? ["no container runtime answers on this node"] : []
        return try preview(items, choice, view.runtimeErrors + none)
    }

    private func interfaces(_ call: Call) async throws -> Reply {
        let (names, choice) = try call.readQuery { ($0.read(Self.interfaceNames) ?? [], Choice.read(&$0)) }
        let view = try await controller.targets(NodeQuery(interfaces: true))
        let items = view.interfaces.filter { interface in names.isEmpty || names.contains { Glob.matches($0, interface.name) } }
        return try preview(items, choice, [])
    }

    private func processes(_ call: Call) async throws -> Reply {
        let (selector, choice) = try call.readQuery { (ProcessFields.read(&$0), Choice.read(&$0)) }
        var query = NodeQuery(containers: selector.container != nil)
        (query.processes, query.callerPID) = (true, call.caller.pid)
        let view = try await controller.targets(query)
        return try preview(selector.matches(on: view), choice, view.runtimeErrors)
    }

    /// Those of them that a fault with this choice would hit. A choice that was left to chance tells its seed, which chooses the same again.
    private func preview<Item: Sendable & Encodable>(_ items: [Item], _ choice: Choice, _ warnings: [String]) throws -> Reply {
        let (chosen, note) = try choice.pick(from: items, entropy: .random(in: 0...UInt64(Int64.max)), path: "query")
        return Reply.json(TargetsDocument(items: chosen, warnings: [note].compactMap { $0 } + warnings))
    }
}

extension TargetRoutes {
    private static let names = Field<[UnitPattern]>("name", "Names of units, or shell patterns such as docker*; repeat it for more.")
    private static let states = Field<[String]>("state", "Only units in one of these states, such as active or failed; repeat it for more.")

    private static let interfaceNames = Field<[String]>("name", "Names of interfaces, or shell patterns such as eth*; repeat it for more.")

    private func units(_ call: Call) async throws -> Reply {
        let (names, states, choice) = try call.readQuery { reader in
            (reader.read(Self.names)?.map(\.text) ?? [], reader.read(Self.states) ?? [], Choice.read(&reader))
        }
        let view = try await controller.targets(NodeQuery(units: names, allUnits: names.isEmpty))
        let items = view.units.filter { unit in
            unit.isFound && (states.isEmpty || states.contains(unit.activeState) || states.contains(unit.subState))
        }
        return try preview(items, choice, missing(in: view))
    }

    private func missing(in view: NodeView) -> [String] {
        view.units.filter { !$0.isFound }.map { unit in
            let near = nearest(to: unit.name, among: view.knownUnits).map { "; did you mean \($0)?" } ?? ""
            return "there is no unit \(unit.name)\(near)"
        }
    }
}
