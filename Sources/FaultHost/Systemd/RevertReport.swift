// The story of a revert, and the verdict that follows from it.
import FaultModel

/// What a revert found and did, unit by unit.
struct RevertReport {
    private var startedSome = false
    private var isSuperseded = false
    private var notes: [String] = []
    private var drift: [String] = []

    mutating func restored(_ unit: UnitProperties) {
        startedSome = true
        notes.append("\(unit.name) was started again")
    }

    mutating func startedOnce(_ unit: UnitProperties, _ before: UnitSnapshot) {
        startedSome = true
        notes.append("\(unit.name) was \(before.activeState) (\(before.subState)), was started again and is \(unit.state)")
    }

    /// - Parameter hasBackstop: whether the fault's timer still waits. It goes away when it fires.
    mutating func startedElsewhere(_ unit: UnitProperties, hasBackstop: Bool) {
        if hasBackstop {
            isSuperseded = true
            notes.append("\(unit.name) was started by somebody else")
        } else {
            notes.append("\(unit.name) runs again: the backstop timer, or an earlier revert, has started it")
        }
    }

    /// Whether the unit starts at boot or is masked is nothing that a fault changes, and nothing that its end restores.
    mutating func compare(_ unit: UnitProperties, with before: UnitSnapshot) {
        if unit.loadState != before.loadState {
            // One that is down as well is told of as lost.
            if unit.isUp || !before.wasActive { differs(unit.name, unit.loadState, before.loadState) }
        } else if unit.unitFileState.hasPrefix("enabled") != before.unitFileState.hasPrefix("enabled") {
            differs(unit.name, unit.unitFileState, before.unitFileState)
        }
        if unit.isUp, !before.wasActive { differs(unit.name, unit.activeState, before.activeState) }
    }

    private mutating func differs(_ name: String, _ now: String, _ before: String) {
        drift.append("\(name) is \(now) and was \(before): somebody else changed that")
    }

    /// Units whose stop was not over when the fault was.
    mutating func killed(_ units: [String]) {
        for name in units { notes.append("\(name) was still stopping when the fault ended: it was killed, so that it could start again") }
    }

    mutating func waited(for units: [String]) {
        for name in units {
            notes.append("\(name) was still stopping when the fault ended, and came back when it had stopped; force=true kills it then")
        }
    }

    mutating func lost(_ name: String, _ reason: String) {
        isSuperseded = true
        drift.append("\(name) was active and is not: \(reason)")
    }

    var outcome: RevertOutcome {
        RevertOutcome(isSuperseded ? .superseded : startedSome ? .restored : .alreadyGone, notes: notes, drift: drift)
    }
}
