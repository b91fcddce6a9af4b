// The units as they are now: what will be needed to bring them back.
import FaultModel

extension Systemd {
    /// Snapshots of every unit of the change, and of dependents that have come up since it was planned. Refuses what could not be undone.
    func prepare(_ change: UnitChange, for fault: FaultID) async throws(Problem) -> UnitUndo {
        let units = try await asking(to: "read the units' states") { () throws(BusError) in
            var survey = UnitSurvey(bus)
            let more = try await survey.footprint(of: change.triggers + change.units).dependents
            var units: [UnitProperties] = []
            for name in change.all + more {
                let unit = try await survey.properties(of: name)
                if !units.contains(where: { $0.name == unit.name }) { units.append(unit) }
            }
            return units
        }
        for unit in units { try refuseOneWay(unit, isStopped: (change.triggers + change.units).contains(unit.name)) }
        return UnitUndo(fault: fault, units: units.map(UnitSnapshot.init), force: change.force)
    }

    /// - Parameter isStopped: by us; the others go down with those.
    private func refuseOneWay(_ unit: UnitProperties, isStopped: Bool) throws(Problem) {
        let unitText = isStopped ? unit.name : "\(unit.name), which goes down with it,"
        guard unit.loadState != "not-found" else { throw Problem(.noSuchUnit, "there is no unit \(unit.name) on this node") }
        guard unit.isUp else { return }
        if unit.isTransient {
            throw Problem(.impossible, "\(unitText) was made at run time (systemd-run) and is forgotten once stopped: it could not be started again")
        }
        if !unit.canStart || !unit.isLoaded {
            throw Problem(.impossible, "\(unitText) can't be started by hand (it is \(unit.loadState)), so stopping it could not be undone")
        }
        if isStopped, !unit.canStop { throw Problem(.impossible, "\(unit.name) refuses to be stopped (RefuseManualStop=yes)") }
    }
}
