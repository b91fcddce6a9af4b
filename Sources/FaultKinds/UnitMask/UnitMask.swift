// unit.mask: units can't be started.
public import FaultModel

/// Masks units until the lease ends, wherever their unit files are.
public struct UnitMask: FaultKind {
    public struct Parameters: Sendable {
        var selection: UnitSelection
        var stop: Bool
    }

    public init() {}

    private static let stop = Field<Bool>(
        "stop", default: false,
        "Stop the units as unit.stop does, and then mask them. Otherwise one that runs goes on running, and can't be restarted.")

    public let name = "unit.mask"
    public let summary = "Mask units: nothing can start them"
    public let details = """
        A link below /run outranks the unit's own file, also one in /etc/systemd/system, where `systemctl mask --runtime` reports success and does \
        nothing. That the manager takes the unit for masked is checked, not believed. A reboot forgets it.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                One link for each unit in /run/systemd/system.control, by way of /run/systemd/faultd, where its name is the fault's id; then \
                daemon-reload, which takes in whatever else has changed in unit files. With stop=true also what unit.stop touches.
                """,
            undo: """
                Exactly these links are removed, and the manager reloads. A link or file of somebody else in their place is left there and told as \
                drift; a unit that was masked by somebody else meanwhile stays masked. A unit that ran and has crashed while masked, so that \
                Restart= could not act, is started again.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                Starting fails with "Unit … is masked"; Restart=, sockets, timers and dependencies can't start it either. `systemctl unmask` does \
                not look where the link is and changes nothing: end the fault instead.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] { UnitSelection.fields + [Self.stop.description] }
    public var examples: [KindExample] {
        [
            KindExample("A service that can't be started again", ["unit": "nginx.service"]),
            KindExample("Down, and nothing can start it", ["unit": "node-agent.service", "stop": "true"]),
            KindExample("One that does not run", ["unit": "idle.service"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(selection: UnitSelection.read(&reader), stop: reader.read(Self.stop) ?? false)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query(withContainers: parameters.stop) }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let wanted = UnitSelection.Wanted(
            doing: parameters.stop ? "stopping it" : "masking it", unlessInactive: parameters.stop ? "would change nothing" : nil)
        let (units, notes) = try parameters.selection.find(wanted, on: node)
        if let masked = units.first(where: { $0.loadState == "masked" }) { throw Self.isMasked(masked, on: node) }
        let names = units.map(\.name)
        // Stopped first, so that what was active is started when the mask is gone.
        var plan = parameters.stop ? try UnitStop.plan(UnitSelection(exactly: units), force: false, on: node) : Plan()
        plan.changes.append(.unitOverrides(UnitOverrideChange(.mask, units: names)))
        plan.units = (plan.units + names).uniqued
        plan.targets = max(plan.targets, names.count)
        plan.claims += names.map { .unit($0) }.filter { !plan.claims.contains($0) }
        plan.notes = notes + plan.notes + (parameters.stop ? [] : Self.running(units))
        return plan
    }

    private static func running(_ units: [Unit]) -> [String] {
        let running = units.filter(\.isActive).map(\.name)
        return running.isEmpty ? [] : ["goes on running until something stops it: \(running.joined(separator: ", "))"]
    }

    private static func isMasked(_ unit: Unit, on node: NodeView) -> Problem {
        if let holder = node.holders[Claim.unit(unit.name).resource] { return Problem(.conflict, "\(unit.name) is held by \(holder)") }
        return Problem(
            .noEffect, "\(unit.name) is masked already: masking it would change nothing", errors: [.init("spec.units", "is masked already")])
    }
}

extension UnitSelection {
    /// Those that were found already.
    fileprivate init(exactly units: [Unit]) {
        self.init(units: units.compactMap { try? UnitPattern(spec: .string($0.name), lenient: false) }, choice: Choice())
    }
}
