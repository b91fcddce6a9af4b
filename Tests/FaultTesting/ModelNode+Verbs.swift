// What the verbs of the host do to the model node.
import FaultModel

extension ModelNode {
    func view(_ query: NodeQuery) -> NodeView {
        var view = NodeView()
        view.units = query.units.flatMap { name in
            Glob.isPattern(name) ? units.keys.filter { Glob.matches(name, $0) }.sorted().map(unit) : [unit(name)]
        }
        if view.units.contains(where: { !$0.isFound }) { view.knownUnits = units.keys.sorted() }
        view.units += query.optionalUnits.map(unit)
        if query.allUnits { view.units = units.keys.sorted().map(unit) }
        if query.containers { view.containers = containers }
        view.runtimes = query.containers ? [.docker, .containerd] : []
        for name in query.hostNames where name == "db.example.com" {
            view.addresses[name] = ["192.0.2.7", "2001:db8::7"].compactMap { CIDR(text: $0) }
        }
        if query.interfaces { view.interfaces = Self.interfaces }
        if query.resources { view.resources = .model }
        if query.port?.port == 22 { view.portHolders = [PortHolder(address: nil, pid: 812, process: "sshd")] }
        if query.processes {
            view.processes = valued(processes)
            (view.daemonLine, view.callerLine) = (daemonLine, query.callerPID == nil ? [] : callerLine)
        }
        view.files = query.files.flatMap(fileSights)
        view.disks = query.disks.map(diskSight)
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
        case .apiKill, .stop: for pin in pins { kill(pin.id, byHand: true) }
        case .restart: for pin in pins where pin.isSupervised { kill(pin.id, byHand: true) }
        case .remove: for pin in pins { pin.isSupervised ? kill(pin.id, byHand: true) : containers.removeAll { $0.id == pin.id } }
        case .pause:
            setState("paused", pins, from: "running")
            return Evidence(observations: pins.map { .init("container \($0.title)", "paused") }, drift: [])
        }
        return Evidence(containers: pins.map { .init(pin: $0, outcome: .waiting) })
    }

    private mutating func setState(_ state: String, _ pins: [ContainerPin], from before: String) {
        for index in containers.indices where containers[index].state == before && pins.contains(where: { $0.id == containers[index].id }) {
            containers[index].state = state
        }
    }

    func recovery(_ undo: ContainerUndo) -> Evidence? {
        guard undo.action != .keepRunning, undo.action != .pause else { return nil }
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
        case .containers(let undo): undo.action == .pause ? observedPauses(undo) : recovery(undo) ?? Evidence()
        case .sockets: Evidence()
        case .unitActs(let undo): observed(undo)
        case .traffic, .links, .workers, .processes, .files, .disk, .clock, .power, .cgroups, .unitFreezes, .unitOverrides: observedSettings(undo)
        }
    }

    private func observedPauses(_ undo: ContainerUndo) -> Evidence {
        let goesOn = undo.targets.filter { pin in !containers.contains { $0.id == pin.id && $0.state == "paused" } }
        return Evidence(drift: goesOn.map { "\($0.title) is not paused any more" })
    }

    private func observed(_ undo: PacketUndo) -> Evidence {
        let count = rules.count { $0.isOf(undo) }
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

    func prepared(_ change: PacketChange, for fault: FaultID) throws(Problem) -> PacketUndo {
        let namespace = try namespace(of: change.inside)
        return PacketUndo(fault: fault, rules: change.rules, before: namespace == nil ? prints() : nil, namespace: namespace)
    }

    /// The network of a container; another once it has been started again.
    func namespace(of pin: ContainerPin?) throws(Problem) -> NamespacePin? {
        guard let pin else { return nil }
        guard containers.contains(where: { $0.id == pin.id && $0.isRunning }) else {
            throw Problem(.noMatch, "\(pin.name) does not run any more")
        }
        return NamespacePin(container: pin, pid: 1, inode: network(of: pin.id), cookie: nil)
    }

    private func network(of id: String) -> UInt64 { id.utf8.reduce(networks[id, default: 0]) { $0 &* 31 &+ UInt64($1) } }

    /// Its network goes with a container that ends, and with that whatever was in it.
    mutating func loseNetwork(of id: String) {
        let network = network(of: id)
        rules.removeAll { $0.inside == network }
        networks[id, default: 0] += 1
    }

    /// What others have in the one chain that the model tells apart from ours.
    func prints() -> ChainPrints {
        let output = ChainPrint(family: .ipv4, chain: .output, policy: "ACCEPT", rules: foreignRules, digest: "\(foreignRules)")
        return ChainPrints(bootID: "model", chains: [output])
    }

    mutating func removeRules(_ undo: PacketUndo) -> RevertOutcome {
        let before = rules.count
        rules.removeAll { $0.isOf(undo) }
        let drift = undo.namespace != nil ? [] : zip(undo.before?.chains ?? [], prints().chains).flatMap { $0.drift(to: $1, program: "model") }
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
        if undo.action == .pause {
            let before = containers
            setState("running", undo.targets, from: "paused")
            return RevertOutcome(containers == before ? .alreadyGone : .restored)
        }
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
