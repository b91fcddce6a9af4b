// A history: steps, drawn from a seed and told as text.
import FaultModel
import FaultTesting

indirect enum CompositionStep: Sendable {
    /// The name is the history's own, so that a shrunk history still means the same faults.
    case inject(name: Int, PoolSpec, lease: Int, confirmWithin: Int?)
    case renew(Int, lease: Int)
    case confirm(Int)
    case end(Int)
    case endAll(kind: String)
    case halt
    case resume
    /// Milliseconds; systemd's timers fire before the daemon wakes, or it before them.
    case pass(Int, timersFirst: Bool)
    /// The daemon dies at its n-th call into host and journal from here, stays dead for a while (milliseconds), and starts; perhaps dying again.
    case crash(call: Int, CrashPoint.Side, dead: Int, reboot: Bool, again: Int?)
    case breakVerb(String)
    case mend
    case fillDisk
    case operatorStarts(String)
    case operatorStops(String)
    case operatorMasks(String)
    case operatorUnmasks(String)
    case operatorRemovesRule(of: Int, Int)
    case othersAddRule
    case together([CompositionStep])
}

extension CompositionStep: CustomStringConvertible {
    var description: String {
        switch self {
        case .inject(let name, let spec, let lease, let confirm):
            "inject f\(name): \(spec.title) for \(lease) s" + (confirm.map { ", to be confirmed within \($0) s" } ?? "")
        case .renew(let name, let lease): "renew f\(name) for \(lease) s"
        case .confirm(let name): "confirm f\(name)"
        case .end(let name): "end f\(name)"
        case .endAll(let kind): "end all \(kind)"
        case .halt: "halt"
        case .resume: "resume"
        case .pass(let time, let timersFirst): "\(time) ms pass" + (timersFirst ? ", timers first" : "")
        case .crash(let call, let side, let dead, let reboot, let again):
            "crash \(side) call \(call), dead for \(dead) ms" + (reboot ? ", reboot" : "") + (again.map { ", crash again at call \($0)" } ?? "")
        case .breakVerb(let verb): "\(verb) breaks"
        case .mend: "everything is mended"
        case .fillDisk: "the disk is full"
        case .operatorStarts(let unit): "operator starts \(unit)"
        case .operatorStops(let unit): "operator stops \(unit)"
        case .operatorMasks(let unit): "operator masks \(unit)"
        case .operatorUnmasks(let unit): "operator unmasks \(unit)"
        case .operatorRemovesRule(let name, let number): "operator removes rule \(number) of f\(name)"
        case .othersAddRule: "others add a rule"
        case .together(let steps): "together: " + steps.map(\.description).joined(separator: " | ")
        }
    }
}

/// A seed's history.
struct CompositionHistory: Sendable, CustomStringConvertible {
    var seed: UInt64
    var steps: [CompositionStep]

    var description: String { steps.enumerated().map { "  \($0.offset + 1). \($0.element)" }.joined(separator: "\n") }

    init(seed: UInt64, steps: [CompositionStep]) {
        self.seed = seed
        self.steps = steps
    }

    init(seed: UInt64) {
        self.seed = seed
        var draw = CompositionDraw(seed: seed)
        steps = draw.steps(8 + draw.below(20))
    }
}

/// Draws steps, and knows no more of the world than which faults were asked for.
private struct CompositionDraw {
    private var random: SplitMix64
    private var asked = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    private mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }
    private mutating func fault() -> Int { asked == 0 ? 0 : max(0, asked - 1 - min(below(5), below(8))) }

    mutating func steps(_ count: Int) -> [CompositionStep] { (0..<count).map { _ in step() } }

    private mutating func step() -> CompositionStep {
        switch below(100) {
        case ..<60: request(among: PoolSpec.all)
        case ..<70: .together((0..<(2 + below(2))).map { _ in request(among: PoolSpec.simultaneous) })
        case ..<78:
            .crash(
                call: 1 + below(30), pick(CrashPoint.Side.allCases), dead: pick([0, 500, 5_000, 100_000]), reboot: below(4) == 0,
                again: below(3) == 0 ? 1 + below(12) : nil)
        case ..<83:
            .breakVerb(
                pick(
                    ["resolve"]
                        + ["prepare", "arm", "apply", "revert", "revert"].flatMap { verb in
                            ["packets", "units", "containers", "unit-overrides"].map { "\(verb) \($0)" }
                        }))
        case ..<88: .mend
        case ..<90: .fillDisk
        default: others()
        }
    }

    private mutating func request(among specs: [PoolSpec]) -> CompositionStep {
        switch below(60) {
        case ..<26: inject(pick(specs))
        case ..<36: .end(fault())
        case ..<42: .renew(fault(), lease: pick([5, 30, 60]))
        case ..<44: .confirm(fault())
        case ..<46: .endAll(kind: pick(["network.drop", "unit.stop", "container.kill"]))
        case ..<47: .halt
        case ..<50: .resume
        default: .pass(pick([1, 999, 1_000, 5_000, 31_000, 60_000]), timersFirst: below(2) == 0)
        }
    }

    private mutating func inject(_ spec: PoolSpec) -> CompositionStep {
        defer { asked += 1 }
        return .inject(name: asked, spec, lease: pick([1, 5, 10, 60, 60, 120]), confirmWithin: below(5) == 0 ? pick([1, 5, 90]) : nil)
    }

    private mutating func others() -> CompositionStep {
        // Not Docker: started by hand while a fault holds it down, its containers would be that fault's and another's at once.
        let units = ["nginx.service", "node-agent.service", "registry.service"]
        return switch below(7) {
        case 0: .operatorStarts(pick(units))
        case 1: .operatorStops(pick(units))
        case 2: .operatorMasks(pick(units))
        case 3, 4: .operatorUnmasks(pick(units))
        case 5: .operatorRemovesRule(of: fault(), below(4))
        default: .othersAddRule
        }
    }
}
