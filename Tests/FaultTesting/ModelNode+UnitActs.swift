// Acts on the model node's units: what a signal and a restart come to, and what takes them back.
import FaultModel

extension ModelNode {
    func undo(_ change: UnitActChange, _ fault: FaultID) -> UnitActUndo {
        UnitActUndo(fault: fault, act: change.act, units: change.units.map(snapshot), dependents: change.dependents.map(snapshot))
    }

    /// Every signal of the model kills. Restarting leaves a unit as it was, but for one that can't be started.
    mutating func hit(_ change: UnitActChange, _ undo: UnitActUndo) -> Evidence {
        for unit in change.units {
            stop(unit)
            switch change.act {
            case .kill: if units[unit]?.restarts == true { start(unit) }
            case .restart: start(unit)
            }
        }
        return observed(undo)
    }

    func observed(_ undo: UnitActUndo) -> Evidence {
        Evidence(observations: undo.units.map { .init($0.name, units[$0.name]?.isActive == true ? "active" : "inactive", figures: ["times": 1]) })
    }

    mutating func restore(_ undo: UnitActUndo) -> RevertOutcome {
        timers[Undo.unitActs(undo).modelTimer ?? ""] = nil
        let down = undo.running.map(\.name).filter { units[$0]?.isActive == false }
        for unit in down { start(unit) }
        let lost = down.filter { units[$0]?.isActive == false }
        return RevertOutcome(lost.count < down.count ? .restored : .alreadyGone, drift: lost.map { "\($0) was masked by somebody else" })
    }
}

extension UnitOverrideChange {
    /// The files as values, by what they are of.
    var modelFiles: [String: String] {
        var files: [String: String] = [:]
        for unit in units {
            switch override {
            case .mask: files["override \(unit)"] = "masked"
            case .limits(let limits): files["drop-in \(unit)"] = limits.map(\.text).joined(separator: " ")
            }
        }
        return files
    }
}
