// What stopping a unit means for others, found by asking the manager for each unit once.
import FaultModel

/// What goes down when units are stopped and kept down.
struct Footprint: Sendable, Hashable {
    /// Active units that would start one of those that go down again.
    var triggers: [String] = []
    /// Active units that the manager takes down along with them.
    var dependents: [String] = []
    /// Services and sockets that are started along when all of these are started again.
    var pulls: [String] = []
}

/// Remembers the properties it has read: good for one question, stale for the next.
struct UnitSurvey {
    private let bus: Bus
    private var known: [String: UnitProperties] = [:]

    init(_ bus: Bus) { self.bus = bus }

    /// Loads the unit if need be, so that inactive ones are found too.
    mutating func properties(of name: String) async throws(BusError) -> UnitProperties {
        if let unit = known[name] { return unit }
        let unit = UnitProperties(try await bus.call(BusCall(propertiesOf: unitPath(name), interface: "org.freedesktop.systemd1.Unit")))
        known[name] = unit
        return unit
    }

    /// What goes down with `roots`, at any depth. Triggers of dependents count: they would pull the roots up again.
    mutating func footprint(of roots: [String]) async throws(BusError) -> Footprint {
        var found = Footprint()
        var seen = Set(roots)
        var next = roots
        while let name = next.popLast() {
            let unit = try await properties(of: name)
            // A stop does not travel through a unit that is down already: systemd drops such a job, and with it what only that job pulled in.
            for trigger in unit.triggeredBy where try await isUp(trigger) && seen.insert(trigger).inserted {
                found.triggers.append(trigger)
                next.append(trigger)
            }
            for other in unit.stopsAlong where try await isUp(other) && seen.insert(other).inserted {
                found.dependents.append(other)
                next.append(other)
            }
        }
        found.pulls = try await pulls(of: roots + found.triggers + found.dependents).filter { !found.dependents.contains($0) }
        found.dependents += try await unneeded(found, roots)
        return found
    }

    private mutating func isUp(_ name: String) async throws(BusError) -> Bool { try await properties(of: name).isUp }

    /// Goes on through services and sockets only: a target's wants are its own business, and sysinit.target wants half the node.
    private mutating func pulls(of roots: [String]) async throws(BusError) -> [String] {
        var found: [String] = []
        var seen = Set(roots)
        var next = roots
        while let name = next.popLast() {
            for other in try await properties(of: name).pullsIn where Self.isServiceOrSocket(other) {
                let isNew = seen.insert(other).inserted
                guard try await properties(of: other).isLoaded else { continue }
                if isNew { next.append(other) }
                if !found.contains(other), other != roots.first { found.append(other) }
            }
        }
        return found.sorted()
    }

    private static func isServiceOrSocket(_ name: String) -> Bool { name.hasSuffix(".service") || name.hasSuffix(".socket") }

    /// Helpers with `StopWhenUnneeded=` that nothing else needs.
    private mutating func unneeded(_ footprint: Footprint, _ roots: [String]) async throws(BusError) -> [String] {
        let down = Set(roots + footprint.triggers + footprint.dependents)
        var found: [String] = []
        for name in footprint.pulls where !down.contains(name) {
            let unit = try await properties(of: name)
            guard unit.isUp, unit.stopsWhenUnneeded else { continue }
            var isNeeded = false
            for other in unit.neededBy where !down.contains(other) { isNeeded = try await isUp(other) || isNeeded }
            if !isNeeded { found.append(name) }
        }
        return found
    }
}
