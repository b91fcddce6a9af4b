// What a dead daemon leaves the reference with: after a start nothing is in force, whatever was asked for.
import FaultModel
import FaultTesting

extension CompositionReference {
    /// The causes that a step can give to the end of a fault.
    private static func causes(_ step: CompositionStep) -> [EndCause] {
        switch step {
        case .end, .endAll: [.request]
        case .halt: [.halt]
        case .pass: [.lease]
        case .inject: [.error]
        case .together(let steps): steps.flatMap(causes)
        default: []
        }
    }

    /// Of things asked at once, any may have been the cause of an end.
    mutating func allowCauses(of steps: [CompositionStep], since before: CompositionReference) {
        for (name, fault) in faults where fault.stage != .active && before.faults[name]?.stage ?? .active == .active {
            faults[name]?.causes.formUnion(steps.flatMap(Self.causes))
        }
    }

    /// - Parameters:
    ///   - step: what the daemon was at when it died: it may have been done, half done, or not at all.
    ///   - open: what the journal held then; some of it was over already, if the disk was full.
    ///   - waiting: what is alive after the start.
    mutating func crashed(during step: CompositionStep, open: [FaultRecord], waiting: Set<FaultID>, rebooted: Bool, _ node: NodeSight) {
        let starts: [EndCause] = rebooted ? [.reboot] : [.restart, .backstop]
        for (name, fault) in faults where open.contains(where: { $0.id == fault.id }) { faults[name]?.causes.formUnion(starts) }
        containersDown.subtract(live.flatMap(\.value.containers))
        for (name, fault) in live {
            faults[name]?.causes.formUnion(starts + Self.causes(step))
            // Only its containers may have to wait: until Docker has come back.
            let waits = waiting.contains(fault.id) && mechanisms(of: fault).contains("containers")
            faults[name]?.stage = waits ? .ending(["containers"]) : .over
            faults[name]?.rules = []
            faults[name]?.isSet = false
        }
        broken = []
        isDiskFull = false
        settleUnits(Set(open.flatMap(\.unitsToRestore)), rebooted: rebooted, node)
        settleContainers(rebooted: rebooted, node)
    }

    private mutating func settleUnits(_ restored: Set<String>, rebooted: Bool, _ node: NodeSight) {
        if rebooted {
            unitsDown = unitsDown.filter { $0.key == "idle.service" }
            for unit in masked { unitsDown[unit] = .others }
            foreignRules = []
            return
        }
        for (unit, downer) in unitsDown where downer != .others { unitsDown[unit] = masked.contains(unit) ? .others : nil }
        // The journal may not know that a fault was over, and its undo may find what an operator did since: nobody can tell that from the fault.
        for unit in restored {
            if node.unitsDown.contains(unit), masked.contains(unit) { unitsDown[unit] = .others }
            if !node.unitsDown.contains(unit) { unitsDown[unit] = nil }
        }
    }

    private mutating func settleContainers(rebooted: Bool, _ node: NodeSight) {
        containersDown.formUnion(node.containersDown.filter { name in live.contains { $0.value.containers.contains(name) } })
        // Nothing but a fault's undo starts it at boot.
        if rebooted, node.containersDown.contains("job") { containersDown.insert("job") }
    }

    /// Faults that were granted while the daemon died, so that nobody was told of them: they may wait for Docker's containers, as others may.
    mutating func adoptUnknown(_ records: [FaultRecord]) throws(CompositionViolation) {
        let known = Set(faults.values.map(\.id))
        for record in records where !known.contains(record.id) {
            guard record.state == .stuck, !record.containersToRestore.isEmpty else {
                throw .init("\(record.kind) is alive after a start: \(record.state)")
            }
            var fault = ReferenceFault(
                spec: PoolSpec(title: "cut short", kind: record.kind, fields: [:]), id: record.id, lease: 0, leaseEnd: record.lease.deadline.boot)
            fault.stage = .ending(["containers"])
            fault.kept = record.containersToRestore
            fault.causes = Set(EndCause.all)
            faults[1_000 + faults.count] = fault
        }
    }
}

extension EndCause {
    static let all: [EndCause] = [.lease, .request, .halt, .shutdown, .restart, .backstop, .reboot, .targetGone, .error]
}

extension FaultRecord {
    var unitsToRestore: [String] {
        changes.flatMap { change -> [String] in
            if case .units(let undo) = change.undo { undo.units.filter(\.wasActive).map(\.name) } else { [] }
        }
    }

    var containersToRestore: [String] {
        changes.flatMap { change -> [String] in
            if case .containers(let undo) = change.undo { undo.targets.map(\.name) } else { [] }
        }
    }
}
