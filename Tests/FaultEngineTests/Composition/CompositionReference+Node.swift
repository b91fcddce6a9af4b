// Holds the node and the engine's own list against the reference, when everything has settled.
import FaultModel
import FaultTesting

/// What the engine says of a fault that is not over.
struct LiveSight: Sendable {
    var state: FaultState
    var kind: String
    /// Mechanisms whose undo is done.
    var undone: Set<String>
}

extension CompositionReference {
    /// A revert that failed is tried again at a time of the engine's own: where nothing hinders it, whether it has been is taken from there.
    mutating func adopt(_ seen: [FaultID: LiveSight]) {
        nameNameless(seen)
        for (name, fault) in live where fault.stage != .active {
            // A repeated kill of pods has nothing left to undo when the last round was not written, and those of before are back.
            let hasNothingLeft = fault.spec.isPod && seen[fault.id] == nil
            for mechanism in fault.remaining where hasNothingLeft || !isBlocked(name, mechanism) {
                if seen[fault.id]?.undone.contains(mechanism) != false { undo(name, mechanism) }
            }
        }
    }

    /// One that failed at once and could not be undone: its caller was not told its id.
    private mutating func nameNameless(_ seen: [FaultID: LiveSight]) {
        for (name, fault) in live where fault.id == Self.noID {
            let known = Set(faults.values.map(\.id))
            if let id = seen.first(where: { !known.contains($0.key) && $0.value.kind == fault.spec.kind })?.key { faults[name]?.id = id }
        }
    }

    func check(_ sight: NodeSight, _ seen: [FaultID: LiveSight]) throws(CompositionViolation) {
        try checkList(seen)
        try sameRules(sight.rules)
        try same("units that are down", unitsDown.keys.sorted(), sight.unitsDown.sorted())
        try same("containers that are down", containersDown.sorted(), sight.containersDown.sorted())
        try checkSettings(sight.settings)
        try checkTimers(sight.timers)
    }

    private func same<T: Equatable>(_ what: String, _ wanted: [T], _ found: [T]) throws(CompositionViolation) {
        guard wanted != found else { return }
        let missing = wanted.filter { !found.contains($0) }
        let extra = found.filter { !wanted.contains($0) }
        throw .init("\(what): missing \(missing), too many \(extra) (\(wanted.count) wanted, \(found.count) found)")
    }

    private func sameRules(_ found: [NodeSight.Rule]) throws(CompositionViolation) {
        let wanted = expectedRules
        let counts = { (rules: [NodeSight.Rule]) in Dictionary(rules.map { ($0, 1) }, uniquingKeysWith: +) }
        guard counts(wanted) != counts(found) else { return }
        try same("rules", wanted.map(\.description).sorted(), found.map(\.description).sorted())
    }

    private var expectedRules: [NodeSight.Rule] {
        let ours = live.flatMap { _, fault in fault.rules.map { NodeSight.Rule(mark: fault.id.mark, rule: $0, until: fault.deadline) } }
        return ours + foreignRules.map { NodeSight.Rule(mark: $0, rule: ModelNode.foreignRule, until: .max) }
    }

    private func checkList(_ seen: [FaultID: LiveSight]) throws(CompositionViolation) {
        for (name, fault) in live {
            let state: FaultState = fault.stage == .active ? .active : .stuck
            guard seen[fault.id]?.state == state else {
                throw .init("f\(name) is \(seen[fault.id]?.state.rawValue ?? "over"), not \(state)")
            }
        }
        guard seen.count == live.count else { throw .init("\(seen.count) faults are alive, not \(live.count)") }
    }

    /// One for each fault that holds units, at its deadline; where the undo has not worked it may have fired.
    private func checkTimers(_ timers: [String: Int64]) throws(CompositionViolation) {
        var left = timers
        for (name, fault) in live where !fault.holds.isEmpty {
            let timer = left.removeValue(forKey: Undo.units(UnitUndo(fault: fault.id, units: [])).modelTimer ?? "")
            if fault.stage == .active, timer == nil { throw .init("f\(name) has no timer") }
            guard timer == nil || timer == fault.deadline else { throw .init("the timer of f\(name) fires at \(timer ?? 0), not \(fault.deadline)") }
        }
        for (name, fault) in live { try checkTimer(name, fault, &left) }
        guard left.isEmpty else { throw .init("timers that belong to nothing: \(left.keys.sorted())") }
    }

    /// What is left in force when nobody undid anything but the kernel and systemd, at a time when every lease is over.
    func checkDead(_ node: NodeSight) throws(CompositionViolation) {
        let rules = node.rules.filter { $0.until > now && FaultID(mark: $0.mark) != nil }
        guard rules.isEmpty else { throw .init("with no daemon, rules match after their lease: \(rules)") }
        guard node.settings.isEmpty else { throw .init("with no daemon, these are set after their lease: \(node.settings)") }
        // What was stopped by hand after a timer had fired waits for an undo that does not work yet.
        let waiting = live.filter { $0.value.remaining.contains("units") }.flatMap(\.value.holds)
        let held = node.unitsDown.filter { unitsDown[$0] != .others && !masked.contains($0) && !waiting.contains($0) }
        guard held.isEmpty else { throw .init("with no daemon, units are down after their lease: \(held.sorted())") }
    }
}
