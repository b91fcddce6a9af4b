// The reference: who may be in force and what is on the node then, said without the engine. Plain values, no journal, no waiting.
import FaultModel
import FaultTesting

/// A fault that was granted.
struct ReferenceFault: Sendable {
    enum Stage: Sendable, Hashable {
        case active
        /// Wanted to end; these mechanisms are not undone yet.
        case ending(Set<String>)
        case over
    }
    var spec: PoolSpec
    var id: FaultID
    var lease: Int
    var leaseEnd: Int64
    var confirmBy: Int64?
    var renewals = 0
    var stage = Stage.active
    /// What may be told as the cause of its end.
    var causes: Set<EndCause> = []
    /// Units that it holds down, and those that it only needs to be there.
    var holds: [String] = []
    var shares: [String] = []
    /// Containers that were running when it stopped their runtime.
    var kept: [String] = []
    /// Its rules, in order, as far as nobody else took them away.
    var rules: [PacketRule] = []
    /// Whether its setting is.
    var isSet = false

    var deadline: Int64 { min(leaseEnd, confirmBy ?? .max) }
    var isLive: Bool { stage != .over }
    /// Those that its undo starts again.
    var containers: [String] { kept + (spec.target.map { [$0] } ?? []) }
    var remaining: Set<String> {
        guard case .ending(let mechanisms) = stage else { return [] }
        return mechanisms
    }

    func clashes(_ other: ReferenceFault) -> Bool {
        let mine = Set(holds)
        let theirs = Set(other.holds)
        let sameContainer = spec.target != nil && spec.target == other.spec.target && !spec.isPod
        let sameSetting = spec.setting != nil && spec.setting?.claim == other.spec.setting?.claim
        return !mine.isDisjoint(with: theirs + other.shares) || !theirs.isDisjoint(with: shares) || sameContainer || sameSetting
    }
}

private func + (set: Set<String>, more: [String]) -> Set<String> { set.union(more) }

struct CompositionReference: Sendable {
    enum Downer: Sendable, Hashable {
        case fault(Int)
        /// An operator, or it never ran.
        case others
    }
    static let maxFaults = 6

    /// What each spec's rules are, by title; learned once from a node with nothing else on it.
    let rules: [String: [PacketRule]]
    var now: Int64
    var faults: [Int: ReferenceFault] = [:]
    var unitsDown: [String: Downer] = ["idle.service": .others]
    var masked: Set<String> = []
    var containersDown: Set<String> = ["old"]
    var foreignRules: [String] = []
    var broken: Set<String> = []
    var isDiskFull = false
    var isHalted = false
    /// What is assumed of a fault that was ended while it was being applied.
    var wasApplied = true
    /// Injections that are asked for at the same moment.
    var rivals: [ReferenceFault] = []
    var isHaltRival = false

    init(now: Int64, rules: [String: [PacketRule]]) {
        self.now = now
        self.rules = rules
    }

    var live: [(key: Int, value: ReferenceFault)] { faults.filter(\.value.isLive).sorted { $0.key < $1.key } }

    func running(_ containers: [String]) -> [String] { containers.filter { !containersDown.contains($0) } }

    // MARK: granting

    /// What a fault of this spec would hold now.
    func candidate(_ spec: PoolSpec, lease: Int, confirmWithin: Int?) -> ReferenceFault {
        var fault = ReferenceFault(
            spec: spec, id: Self.noID, lease: lease, leaseEnd: now + seconds(lease), confirmBy: confirmWithin.map { now + seconds($0) })
        let isUp = { (unit: String) in unitsDown[unit] == nil }
        fault.holds = spec.units
        if spec.units.contains("docker.service") {
            fault.holds += ["docker.socket", "registry.service"].filter(isUp)
            fault.kept = running(["web", "job"])
        } else if spec.units.contains("registry.service") {
            fault.shares = ["docker.service"]
        }
        fault.rules = rules[spec.title] ?? []
        return fault
    }

    static let noID = FaultID(time: Timestamp(milliseconds: 0), random: (0, 0))

    /// Every reason that there is to refuse it; none: it must be granted.
    func refusals(_ fault: ReferenceFault) -> [Problem.Slug] {
        let spec = fault.spec
        var reasons = spec.refusal.map { [$0] } ?? []
        if isHalted { reasons.append(.halted) }
        if live.count >= Self.maxFaults { reasons.append(.budgetExceeded) }
        if isDiskFull { reasons.append(.journalUnavailable) }
        if !conflicts(fault).isEmpty { reasons.append(.conflict) }
        if spec.units.contains(where: { isDownByOthers($0) }) { reasons.append(.noEffect) }
        if let target = spec.target, containersDown.contains(target) { reasons.append(.noMatch) }
        let verbs = spec.mechanisms(self).flatMap { ["prepare \($0)", "arm \($0)", "apply \($0)"] }
        if !broken.isDisjoint(with: ["resolve"] + verbs) { reasons.append(.hostFailure) }
        return reasons
    }

    private func isDownByOthers(_ unit: String) -> Bool {
        guard let downer = unitsDown[unit] else { return false }
        guard case .fault(let name) = downer else { return true }
        return faults[name]?.isLive != true
    }

    func conflicts(_ fault: ReferenceFault) -> [ReferenceFault] { live.map(\.value).filter(fault.clashes) }

    /// How far applying gets: the mechanisms that are put in force, and whether that is all.
    func reach(_ fault: ReferenceFault) -> (mechanisms: [String], whole: Bool) {
        let wanted = fault.spec.mechanisms(self)
        let done = wanted.prefix { !broken.contains("arm \($0)") && !broken.contains("apply \($0)") }
        return (Array(done), done.count == wanted.count)
    }

    mutating func apply(_ name: Int, _ mechanisms: [String]) {
        guard let fault = faults[name] else { return }
        if !mechanisms.contains("packets") { faults[name]?.rules = [] }
        faults[name]?.isSet = fault.spec.setting.map { mechanisms.contains($0.mechanism) } ?? false
        if mechanisms.contains("containers"), fault.spec.staysDead, let target = fault.spec.target { containersDown.insert(target) }
        guard mechanisms.contains("units") else { return }
        for unit in fault.holds where unitsDown[unit] == nil { unitsDown[unit] = .fault(name) }
        if fault.holds.contains("docker.service") { containersDown.formUnion(["web", "job"]) }
    }

    // MARK: ending

    /// Wants the end of these, all at once.
    mutating func end(_ names: [Int], _ cause: EndCause) {
        // Docker last: its containers can't be started before it, and whether they then wait for another attempt is taken from the engine.
        for name in names.sorted(by: { dockerRank($0) < dockerRank($1) }) { end(name, cause) }
    }

    private func dockerRank(_ name: Int) -> Int { faults[name]?.holds.contains("docker.service") == true ? 1 : 0 }

    private mutating func end(_ name: Int, _ cause: EndCause) {
        guard let fault = faults[name], fault.isLive else { return }
        if fault.stage == .active {
            let all = mechanisms(of: fault)
            faults[name]?.causes.insert(cause)
            faults[name]?.stage = .ending(all)
        }
        let settings = fault.spec.setting.map { [$0.mechanism] } ?? []
        for mechanism in ["packets", "units", "containers"] + settings where !isBlocked(name, mechanism) { undo(name, mechanism) }
    }

    func mechanisms(of fault: ReferenceFault) -> Set<String> {
        Set(
            (fault.spec.hasPackets ? ["packets"] : []) + (fault.holds.isEmpty ? [] : ["units"])
                + (fault.spec.target == nil && fault.kept.isEmpty ? [] : ["containers"]) + (fault.spec.setting.map { [$0.mechanism] } ?? []))
    }

    /// Whether undoing it can't work now.
    func isBlocked(_ name: Int, _ mechanism: String) -> Bool {
        if broken.contains("revert \(mechanism)") { return true }
        guard mechanism == "containers", let fault = faults[name], !fault.spec.isPod else { return false }
        return unitsDown["docker.service"] != nil
    }

    mutating func undo(_ name: Int, _ mechanism: String) {
        guard let fault = faults[name], case .ending(var remaining) = fault.stage, remaining.remove(mechanism) != nil else { return }
        switch mechanism {
        case "packets": faults[name]?.rules = []
        case "units":
            releaseUnits(name)
            for unit in fault.holds where unitsDown[unit] == .fault(name) { unitsDown[unit] = .others }
        case "containers": containersDown.subtract(fault.containers)
        default: faults[name]?.isSet = false
        }
        faults[name]?.stage = remaining.isEmpty ? .over : .ending(remaining)
    }

    /// The units of a fault start, but for those that were masked meanwhile: by the undo, or by the timer that is its backstop.
    private mutating func releaseUnits(_ name: Int) {
        for unit in faults[name]?.holds ?? [] where unitsDown[unit] == .fault(name) && !masked.contains(unit) {
            unitsDown[unit] = nil
            // Docker starts what its restart policy says.
            if unit == "docker.service" { containersDown.remove("web") }
        }
    }

    // MARK: time

    mutating func pass(_ milliseconds: Int) {
        let before = now
        now += Int64(milliseconds) * 1_000_000
        end(live.filter { $0.value.stage == .active && $0.value.deadline <= now }.map(\.key), .lease)
        for (name, fault) in live where fault.remaining.contains("units") {
            // Its timer fires, once.
            if before < fault.deadline && fault.deadline <= now { releaseUnits(name) }
        }
        for (name, fault) in live where before < fault.deadline && fault.deadline <= now { faults[name]?.isSet = false }
    }

    func seconds(_ count: Int) -> Int64 { Int64(count) * 1_000_000_000 }

    // MARK: others

    mutating func operatorStops(_ unit: String) {
        guard unitsDown[unit] == nil else { return }
        // A fault that stopped it before starts it again when it ends: nobody can tell the two stops apart.
        let holder = live.first { $0.value.holds.contains(unit) && ($0.value.stage == .active || $0.value.remaining.contains("units")) }
        unitsDown[unit] = holder.map { .fault($0.key) } ?? .others
    }

    mutating func operatorStarts(_ unit: String) {
        if !masked.contains(unit) { unitsDown[unit] = nil }
    }

    mutating func removeRule(of name: Int, _ number: Int) {
        guard let count = faults[name]?.rules.count, count > 0 else { return }
        faults[name]?.rules.remove(at: number % count)
    }
}
