// The host protocol on the model node: the same verbs and laws as the real one, with failures at will.
public import FaultModel
import Synchronization

public final class ModelHost: Host {
    private let state: Mutex<ModelNode>
    private let crash: CrashPoint
    private let clock: any NodeClock
    /// Verbs that fail until taken out: `revert packets`, `apply units`.
    private let broken = Mutex<Set<String>>([])
    /// Verbs that do not return until they are let go.
    private let held = Mutex<Set<String>>([])
    private let calls = Mutex<[String]>([])

    public init(_ node: ModelNode = ModelNode(), clock: any NodeClock, crash: CrashPoint = CrashPoint(at: nil)) {
        state = Mutex(node)
        self.clock = clock
        self.crash = crash
    }

    public var node: ModelNode { state.withLock { $0 } }
    /// What was asked of the host, in order: `prepare packets`, `apply units`.
    public var log: [String] { calls.withLock { $0 } }
    public func change(_ work: (inout ModelNode) -> Void) { state.withLock { work(&$0) } }
    public func breakVerb(_ name: String) { broken.withLock { _ = $0.insert(name) } }
    public func mendVerb(_ name: String) { broken.withLock { _ = $0.remove(name) } }
    public func mendAll() { broken.withLock { $0 = [] } }
    public func hold(_ name: String) { held.withLock { _ = $0.insert(name) } }
    public func letGo(_ name: String) { held.withLock { _ = $0.remove(name) } }
    public func text() -> String { node.text(at: clock.now()) }

    private func call<T>(_ verb: String, _ work: (inout ModelNode) throws(Problem) -> T) throws(Problem) -> T {
        calls.withLock { $0.append(verb) }
        if broken.withLock({ $0.contains(verb) }) { throw Problem(.hostFailure, "\(verb) is broken") }
        return try crash.call { () throws(Problem) in
            try state.withLock { (node) throws(Problem) in try work(&node) }
        }
    }

    private func waitWhileHeld(_ verb: String) async {
        while held.withLock({ $0.contains(verb) }) { do { try await Task.sleep(for: .milliseconds(1)) } catch { await Task.yield() } }
    }

    // MARK: Host

    public func resolve(_ query: NodeQuery) async throws(Problem) -> NodeView {
        try call("resolve") { (node) throws(Problem) in node.view(query) }
    }

    public func prepare(_ change: Change, for fault: FaultID) async throws(Problem) -> Undo {
        try call("prepare \(change.mechanism)") { (node) throws(Problem) in
            if change.needsModelSystemd, !node.hasSystemd { throw Problem(.missingDependency, "there is no service manager") }
            return switch change {
            case .packets(let change): .packets(try node.prepared(change, for: fault))
            case .units(let change): .units(UnitUndo(fault: fault, units: change.all.map(node.snapshot)))
            case .containers(let change): .containers(ContainerUndo(fault: fault, action: change.action, targets: try node.pinned(change.targets)))
            case .traffic(let change): .traffic(try node.prepared(change, for: fault))
            case .links(let change): .links(try node.prepared(change, for: fault))
            case .sockets(let change): .sockets(SocketUndo(fault: fault, namespace: try node.namespace(of: change.inside)))
            case .workers(let change): .workers(change.modelUndo(fault))
            case .processes(let change): .processes(try node.undo(of: change, for: fault))
            case .files(let change): .files(FileUndo(fault: fault, act: change.act, targets: change.targets))
            case .disk(let change): .disk(DiskUndo(fault: fault, directory: change.directory, bytes: change.bytes, device: 1, type: "ext4"))
            case .clock(let change): .clock(ClockUndo(fault: fault, offset: change.offset, ahead: 0))
            case .cgroups(let change): .cgroups(try node.undo(of: change, for: fault))
            case .power(let change):
                .power(PowerUndo(fault: fault, act: change.act, force: change.force, delay: change.delay, reasons: ["the node goes down"]))
            case .unitActs(let change): .unitActs(node.undo(change, fault))
            case .unitFreezes(let change): .unitFreezes(UnitFreezeUndo(fault: fault, units: change.units.map(node.snapshot)))
            case .unitOverrides(let change):
                .unitOverrides(UnitOverrideUndo(fault: fault, override: change.override, units: change.units.map(node.snapshot)))
            }
        }
    }

    public func foresee(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? {
        try call("foresee \(undo.mechanism)") { (node) throws(Problem) in
            if case .packets = undo { return Backstop(by: "kernel", at: deadline.wall, detail: "model") }
            guard let timer = undo.modelTimer, node.hasSystemd else { return nil }
            return Backstop(by: "systemd", at: deadline.wall, detail: "\(timer) model")
        }
    }

    public func arm(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? {
        await waitWhileHeld("arm \(undo.mechanism)")
        return try call("arm \(undo.mechanism)") { (node) throws(Problem) in
            if case .packets(let undo) = undo {
                for index in node.rules.indices where node.rules[index].isOf(undo) { node.rules[index].until = deadline.wall }
                return Backstop(by: "kernel", at: deadline.wall, detail: "model")
            }
            return node.arm(undo, until: deadline)
        }
    }

    public func apply(_ change: Change, undo: Undo, until deadline: Moment) async throws(Problem) -> Evidence {
        await waitWhileHeld("apply \(change.mechanism)")
        return try call("apply \(change.mechanism)") { (node) throws(Problem) in
            try deadline.refuseIfOver(at: clock.now())
            if let settings = change.modelSettings { return node.set(settings, for: undo) }
            switch (change, undo) {
            case (.packets(let change), .packets(let undo)):
                node.rules += change.rules.map { .init(mark: undo.fault.mark, rule: $0, until: deadline.wall, inside: undo.namespace?.inode) }
                return Evidence(packets: .init(backend: "model", rules: change.rules.count, hitPackets: 0, hitBytes: 0))
            case (.units(let change), _):
                for unit in change.all { node.stop(unit) }
                return Evidence(units: change.all.map { .init(unit: $0, state: "inactive") })
            case (.containers(let change), .containers(let undo)): return node.hit(change.action, undo.targets)
            case (.sockets, .sockets): return Evidence(observations: [.init("established connections", "aborted")])
            case (.unitActs(let change), .unitActs(let undo)): return node.hit(change, undo)
            default: throw Problem(.internalError, "the undo is of another mechanism")
            }
        }
    }

    public func revert(_ undo: Undo) async throws(Problem) -> RevertOutcome {
        await waitWhileHeld("revert \(undo.mechanism)")
        return try call("revert \(undo.mechanism)") { (node) throws(Problem) in
            switch undo {
            case .packets(let undo): node.removeRules(undo)
            case .units(let undo): node.restore(undo)
            case .containers(let undo): try node.restore(undo)
            case .sockets: RevertOutcome(.alreadyGone)
            case .unitActs(let undo): node.restore(undo)
            case .traffic, .links, .workers, .processes, .files, .disk, .clock, .power, .cgroups, .unitFreezes, .unitOverrides: node.unset(undo)
            }
        }
    }

    public func observe(_ undo: Undo) async throws(Problem) -> Evidence {
        await waitWhileHeld("observe \(undo.mechanism)")
        return try call("observe \(undo.mechanism)") { (node) throws(Problem) in node.observed(undo) }
    }

    public func follow(_ undo: Undo) -> AsyncStream<Evidence>? {
        guard case .containers(let undo) = undo else { return nil }
        let node = node
        return AsyncStream { continuation in
            if let evidence = node.recovery(undo) { continuation.yield(evidence) }
            continuation.finish()
        }
    }

    public func inventory() async throws(Problem) -> [Artefact] {
        let found = try call("inventory") { (node) throws(Problem) in
            Set(node.rules.filter(\.isOurs).map(\.mark)).sorted().map { Artefact(mechanism: .packets, fault: FaultID(mark: $0), name: $0) }
                + node.notedArtefacts
                + node.timers.sorted { $0.key < $1.key }.map { Artefact(mechanism: .units, fault: $0.value.fault, name: $0.key) }
        }
        await waitWhileHeld("inventory")
        return found
    }

    public func remove(_ artefact: Artefact) async throws(Problem) {
        try call("remove") { (node) throws(Problem) in
            switch artefact.mechanism {
            case .packets: node.rules.removeAll { $0.mark == artefact.fault?.mark }
            case .units: node.timers[artefact.name] = nil
            // What faults set in the model is undone by their timers, and found by nobody.
            case .traffic: break
            case .workers: break
            case .files, .disk: node.removeNoted(artefact)
            case .unitOverrides: break
            }
        }
    }

    public func capabilities() async -> [CapabilityReport] {
        let lacks = node.lacks.union(node.hasSystemd ? [] : [.systemd])
        return Capability.allCases.map { CapabilityReport($0, available: !lacks.contains($0), detail: "model") }
    }
}
