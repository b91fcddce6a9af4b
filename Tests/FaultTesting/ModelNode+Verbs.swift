// What the verbs of the host do to the model node.
import FaultModel

extension ModelNode {
    func view(_ query: NodeQuery) -> NodeView {
        var view = NodeView()
        view.units = query.units.map(unit)
        if view.units.contains(where: { !$0.isFound }) { view.knownUnits = units.keys.sorted() }
        if query.allUnits { view.units = units.keys.sorted().map(unit) }
        if query.containers { view.containers = containers }
        view.runtimes = query.containers ? [.docker, .containerd] : []
        for name in query.hostNames where name == "db.example.com" {
            view.addresses[name] = ["192.0.2.7", "2001:db8::7"].compactMap { CIDR(text: $0) }
        }
        if query.interfaces { view.interfaces = ["lo", "eth0"].map { .init(name: $0, isUp: true, isLoopback: $0 == "lo", addresses: []) } }
        if query.lifelines {
            view.lifelines = lifelines
            view.lifelines.callerPeer = query.callerPID.flatMap { sshCallers[$0] }
        }
        return view
    }

    private func unit(_ name: String) -> Unit {
        guard let model = units[name] else { return Unit(name: name, loadState: "not-found", activeState: "inactive") }
        return Unit(
            name: name, activeState: model.isActive ? "active" : "inactive", triggeredBy: model.triggeredBy.filter { units[$0]?.isActive == true },
            dependents: model.dependents.filter { units[$0]?.isActive == true }, pulls: model.pulls, runtime: model.runtime)
    }

    func snapshot(_ name: String) -> UnitSnapshot {
        UnitSnapshot(
            name: name, loadState: "loaded", activeState: units[name]?.isActive == true ? "active" : "inactive", subState: "", unitFileState: "",
            invocationID: "")
    }

    func pinned(_ pins: [ContainerPin]) throws(Problem) -> [ContainerPin] {
        for pin in pins where !containers.contains(where: { $0.id == pin.id && $0.isRunning }) {
            throw Problem(.noMatch, "\(pin.name) does not run any more")
        }
        return pins
    }

    mutating func hit(_ action: ContainerChange.Action, _ pins: [ContainerPin]) -> Evidence {
        switch action {
        case .keepRunning: return Evidence()
        case .signal: for pin in pins { kill(pin.id, byHand: false) }
        case .apiKill: for pin in pins { kill(pin.id, byHand: true) }
        }
        return Evidence(containers: pins.map { .init(pin: $0, outcome: .waiting) })
    }

    func recovery(_ undo: ContainerUndo) -> Evidence? {
        guard undo.action != .keepRunning else { return nil }
        return Evidence(
            containers: undo.targets.compactMap { pin in
                guard let heir = containers.first(where: { $0.workload == pin.workload && $0.isRunning }) else { return nil }
                var recovery = Evidence.Recovery(pin: pin, outcome: heir.id == pin.id ? .restarted : .replaced)
                recovery.newID = heir.id
                recovery.relaunchTime = TextDuration(.seconds(1))
                return recovery
            })
    }

    /// What the real mechanisms tell of a change that is in force, and what keeps it from being that.
    func observed(_ undo: Undo) -> Evidence {
        switch undo {
        case .packets(let undo): observed(undo)
        case .units(let undo): observed(undo)
        case .containers(let undo): recovery(undo) ?? Evidence()
        }
    }

    private func observed(_ undo: PacketUndo) -> Evidence {
        let count = rules.count { $0.mark == undo.fault.mark }
        var drift = count < undo.rules.count ? ["\(count) of \(undo.rules.count) rules are there"] : []
        if isJumpDisplaced, count > 0 { drift.append("the jump is no longer the first rule") }
        return Evidence(packets: .init(backend: "model", rules: count, hitPackets: 0, hitBytes: 0), drift: drift)
    }

    private func observed(_ undo: UnitUndo) -> Evidence {
        let held = undo.units.filter(\.wasActive).map(\.name)
        let up = held.filter { units[$0]?.isActive == true }
        return Evidence(
            units: held.map { .init(unit: $0, state: up.contains($0) ? "active" : "inactive") }, drift: up.map { "\($0) was started" })
    }

    /// What others have in the one chain that the model tells apart from ours.
    func prints() -> ChainPrints {
        let output = ChainPrint(family: .ipv4, chain: .output, policy: "ACCEPT", rules: foreignRules, digest: "\(foreignRules)")
        return ChainPrints(bootID: "model", chains: [output])
    }

    mutating func removeRules(_ undo: PacketUndo) -> RevertOutcome {
        let before = rules.count
        rules.removeAll { $0.mark == undo.fault.mark }
        let drift = zip(undo.before?.chains ?? [], prints().chains).flatMap { $0.drift(to: $1, program: "model") }
        return RevertOutcome(rules.count < before ? .restored : .alreadyGone, drift: drift)
    }

    mutating func restore(_ undo: UnitUndo) -> RevertOutcome {
        let wasArmed = timers.removeValue(forKey: Undo.units(undo).modelTimer ?? "") != nil
        var didStart = false
        var drift: [String] = []
        for unit in undo.units where unit.wasActive && units[unit.name]?.isActive == false {
            if units[unit.name]?.isMasked == true { drift.append("\(unit.name) was masked by somebody else") }
            start(unit.name)
            didStart = true
        }
        return RevertOutcome(didStart ? .restored : wasArmed ? .restored : .alreadyGone, drift: drift)
    }

    mutating func restore(_ undo: ContainerUndo) throws(Problem) -> RevertOutcome {
        if let runtime = undo.targets.map(\.runtime).first(where: { !isUp($0) }) {
            throw Problem(.hostFailure, "\(runtime.rawValue) does not answer")
        }
        var outcome = RevertOutcome(.alreadyGone)
        for pin in undo.targets {
            if containers.contains(where: { ($0.id == pin.id || $0.workload == pin.workload) && $0.isRunning }) { continue }
            if let index = containers.firstIndex(where: { $0.id == pin.id }), pin.canBeStarted {
                containers[index].state = "running"
                stoppedByHand.remove(pin.id)
                outcome.result = .restored
            } else {
                outcome.drift.append("\(pin.name) did not come back")
            }
        }
        return outcome
    }
}
