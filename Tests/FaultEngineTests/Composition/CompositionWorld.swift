import FaultModel
import FaultTesting

// One history: the daemon on a model node, driven step by step, and held against the reference after each.
@testable import FaultEngine

struct CompositionWorld {
    private let simulation: Simulation
    private var bench: Bench
    private var crash: CrashPoint
    private var reference: CompositionReference
    /// What happens when the crash that is set comes about.
    private var coming: (dead: Int, reboot: Bool, again: Int?)?
    private var boots = 1
    /// Whether a halt may not have reached the journal.
    private var isHaltDurable = true
    private(set) var crashes = 0
    private(set) var granted = 0

    /// The violation that a history ends in, if it does.
    static func violation(in history: CompositionHistory, rules: [String: [PacketRule]], tally: CompositionTally? = nil) -> CompositionViolation? {
        let outcome = Simulation.run(seed: history.seed) { simulation -> CompositionViolation?? in
            var world = CompositionWorld(simulation, rules)
            let violation = await world.run(history)
            tally?.add(history, granted: world.granted, crashes: world.crashes)
            return .some(violation)
        }
        guard let outcome, let result = outcome else { return CompositionViolation("everybody waits for somebody") }
        return result
    }

    private init(_ simulation: Simulation, _ rules: [String: [PacketRule]]) {
        self.simulation = simulation
        crash = CrashPoint(at: nil)
        var policy = Policy()
        policy.maxFaults = CompositionReference.maxFaults
        bench = Bench(node: .withoutRebootCases, crash: crash, policy: policy)
        reference = CompositionReference(now: bench.clock.now().boot, rules: rules)
    }

    private mutating func run(_ history: CompositionHistory) async -> CompositionViolation? {
        for (index, step) in history.steps.enumerated() {
            do throws(CompositionViolation) { try await take(step) } catch { return CompositionViolation("step \(index + 1), \(step): \(error)") }
        }
        do throws(CompositionViolation) { try await finish() } catch { return CompositionViolation("at the end: \(error)") }
        return nil
    }

    // MARK: steps

    private mutating func take(_ step: CompositionStep) async throws(CompositionViolation) {
        if case .crash(let call, let side, let dead, let reboot, let again) = step {
            crash.set(at: call, side: side)
            coming = (dead, reboot, again)
            return
        }
        let steps = step.parts
        // A timer may fire between arming and applying; where the undo does not work either, nobody is left to end that fault.
        if steps.count > 1, reference.broken.contains(where: { $0.hasPrefix("revert") }) {
            for part in steps { try await take(part) }
            return
        }
        let calls = bench.host.log.count
        let replies = await replies(to: steps)
        noteHalt(steps)
        if crash.hasCrashed { return try await restart(during: step) }
        var complete: [CompositionReply] = []
        for (step, reply) in zip(steps, replies) {
            guard let reply else { throw .init("no answer to: \(step)") }
            complete.append(reply)
        }
        try checkRefusalTouchedNothing(complete, bench.host.log[calls...])
        try await match(steps, complete)
        // Looking at the node is a call into the host as well.
        if crash.hasCrashed { try await restart(during: .mend) }
    }

    private func replies(to steps: [CompositionStep]) async -> [CompositionReply?] {
        let boxes = steps.map { _ in Box() }
        for (step, box) in zip(steps, boxes) {
            let act = act(step)
            Task { box.reply = await act() }
        }
        await simulation.settle(last: true)
        return boxes.map(\.reply)
    }

    private mutating func noteHalt(_ steps: [CompositionStep]) {
        for step in steps {
            if case .halt = step, reference.isDiskFull { isHaltDurable = false }
            if case .fillDisk = step { isHaltDurable = false }
        }
    }

    private func checkRefusalTouchedNothing(_ replies: [CompositionReply], _ log: ArraySlice<String>) throws(CompositionViolation) {
        guard replies.count == 1, case .refused(let problem) = replies[0], problem.type != .hostFailure else { return }
        guard !log.contains(where: { $0.hasPrefix("arm") || $0.hasPrefix("apply") }) else {
            throw .init("refused (\(problem.type)), and touched the node: \(log)")
        }
    }

    /// Some order of what was asked together must explain every answer and what is on the node now.
    private mutating func match(_ steps: [CompositionStep], _ replies: [CompositionReply]) async throws(CompositionViolation) {
        let seen = await seen()
        let sight = NodeSight(bench.host.node)
        let isHalted = await bench.controller.haltState().halted
        var first: CompositionViolation?
        for (order, wasRetried, wasApplied) in explanations(steps) {
            var trial = reference
            trial.wasApplied = wasApplied
            trial.expect(steps)
            do throws(CompositionViolation) {
                // A revert that failed before may be tried again at any moment from now.
                if wasRetried { trial.adopt(seen) }
                for index in order { try trial.take(steps[index], replies[index]) }
                trial.adopt(seen)
                try trial.check(sight, seen)
                guard trial.isHalted == isHalted else { throw CompositionViolation("halted is \(isHalted), not \(trial.isHalted)") }
                if steps.count > 1 { trial.allowCauses(of: steps, since: reference) }
                granted += trial.faults.count - reference.faults.count
                reference = trial
                return try await checkVerify()
            } catch { first = first ?? error }
        }
        throw first ?? .init("nothing was asked")
    }

    /// In which order; whether a revert that had failed was tried again before; how far a fault got that was ended while it was applied.
    private func explanations(_ steps: [CompositionStep]) -> [([Int], wasRetried: Bool, wasApplied: Bool)] {
        let choices = steps.count == 1 ? [true] : [true, false]
        return orders(of: steps.count).flatMap { order in
            [false, true].flatMap { wasRetried in choices.map { (order, wasRetried, $0) } }
        }
    }

    private func orders(of count: Int) -> [[Int]] {
        guard count > 1 else { return [[0]] }
        return orders(of: count - 1).flatMap { order in (0...order.count).map { place in Array(order[..<place]) + [count - 1] + order[place...] } }
    }

    /// What carries our mark belongs to a live fault.
    private func checkVerify() async throws(CompositionViolation) {
        guard let document = try? await bench.controller.verify() else { return }
        guard document.orphans.isEmpty else { throw .init("orphans: \(document.orphans.map(\.name))") }
    }

    private func seen() async -> [FaultID: LiveSight] {
        Dictionary(uniqueKeysWithValues: await bench.controller.records.map { ($0.id, LiveSight($0)) })
    }

    // MARK: acting

    private func id(_ name: Int) -> FaultID { reference.faults[name]?.id ?? CompositionReference.noID }

    private func act(_ step: CompositionStep) -> @Sendable () async -> CompositionReply {
        let (bench, simulation, controller) = (bench, simulation, bench.controller)
        let caller = Bench.caller
        switch step {
        case .inject(_, let spec, let lease, let confirm):
            var request = spec.request
            request.lease = .seconds(lease)
            request.confirmWithin = confirm.map { .seconds($0) }
            let wanted = request
            return { await Self.reply { () throws(Problem) in .fault(try await controller.create(wanted, by: caller).fault) } }
        case .renew(let name, let lease):
            let id = id(name)
            return { await Self.reply { () throws(Problem) in .fault(try await controller.renew(id, lease: .seconds(lease), by: caller)) } }
        case .confirm(let name):
            let id = id(name)
            return { await Self.reply { () throws(Problem) in .fault(try await controller.confirm(id, by: caller)) } }
        case .end(let name):
            let id = id(name)
            return { await Self.reply { () throws(Problem) in .fault(try await controller.end(id, by: caller)) } }
        case .endAll(let kind):
            var query = HistoryQuery()
            query.kind = kind
            let wanted = query
            return {
                await Self.reply { () throws(Problem) in
                    _ = try await controller.endAll(wanted, by: caller)
                    return .done
                }
            }
        case .halt:
            return {
                await Self.reply { () throws(Problem) in
                    _ = try await controller.halt(reason: nil, by: caller)
                    return .done
                }
            }
        case .resume:
            return {
                await Self.reply { () throws(Problem) in
                    _ = try await controller.resume(by: caller)
                    return .done
                }
            }
        case .pass(let time, let timersFirst):
            return {
                await Self.pass(.milliseconds(time), timersFirst: timersFirst, bench, simulation)
                return .done
            }
        default:
            let ruleOwner = id(step.ruleOwner ?? -1)
            let foreign = reference.foreignRules.count
            return {
                Self.actAside(step, bench, id: ruleOwner, foreign: foreign)
                return .done
            }
        }
    }

    private static func reply(_ work: () async throws(Problem) -> CompositionReply) async -> CompositionReply {
        do { return try await work() } catch { return .refused(error) }
    }

    private static func pass(_ span: Duration, timersFirst: Bool, _ bench: Bench, _ simulation: Simulation) async {
        let end = (bench.clock.now() + span).boot
        if timersFirst { bench.host.change { $0.pass(to: end) } }
        bench.clock.advance(by: span)
        await simulation.settle()
        bench.host.change { $0.pass(to: end) }
    }

    /// What others do, and what goes wrong, without the engine.
    private static func actAside(_ step: CompositionStep, _ bench: Bench, id: FaultID, foreign: Int) {
        switch step {
        case .breakVerb(let verb): bench.host.breakVerb(verb)
        case .mend: bench.mendAll()
        case .fillDisk: bench.journal.setFailing(true)
        case .operatorStarts(let unit): bench.host.change { $0.start(unit) }
        case .operatorStops(let unit): bench.host.change { $0.operatorStops(unit) }
        case .operatorMasks(let unit): bench.host.change { $0.setMasked(unit, true) }
        case .operatorUnmasks(let unit): bench.host.change { $0.setMasked(unit, false) }
        case .operatorRemovesRule(_, let number): bench.host.change { $0.removeRule(of: id, number) }
        case .othersAddRule: bench.host.change { $0.addForeignRule("theirs \(foreign)") }
        case .inject, .renew, .confirm, .end, .endAll, .halt, .resume, .pass, .crash, .together: break
        }
    }

    // MARK: death and start

    private mutating func restart(during step: CompositionStep) async throws(CompositionViolation) {
        crashes += 1
        let (dead, reboot, again) = coming ?? (0, false, nil)
        coming = nil
        bench.clock.stop()
        bench.clock.advance(by: .milliseconds(dead))
        let now = bench.clock.now().boot
        bench.host.change { $0.pass(to: now) }
        reference.now = now
        let open = bench.journal.openFaults
        // A renewal that nobody was told of may have reached the journal and not yet the backstops.
        let isOver = open.allSatisfy { $0.deadline.boot <= now } && reference.live.allSatisfy { $0.value.deadline <= now }
        if isOver { try reference.checkDead(NodeSight(bench.host.node)) }
        if reboot {
            boots += 1
            bench.host.change { $0.reboot() }
        }
        try await start(CrashPoint(at: again))
        if crash.hasCrashed { try await start(CrashPoint(at: nil)) }
        let seen = await bench.controller.records
        reference.crashed(during: step, open: open, waiting: Set(seen.map(\.id)), rebooted: reboot, NodeSight(bench.host.node))
        try reference.adoptUnknown(seen)
        try await checkHalt(during: step)
        try await match([.mend], [.done])
        if crash.hasCrashed { try await self.restart(during: .mend) }
    }

    private mutating func start(_ crash: CrashPoint) async throws(CompositionViolation) {
        bench = bench.restarted(crash: crash, bootID: "boot-\(boots)")
        self.crash = crash
        let controller = bench.controller
        let box = Box()
        Task {
            box.reply = await Self.reply { () throws(Problem) in
                try await controller.start()
                return .done
            }
        }
        await simulation.settle()
        if crash.hasCrashed { return bench.clock.stop() }
        guard case .done = box.reply else { throw .init("the daemon did not start: \(String(describing: box.reply))") }
        guard !bench.host.log.contains(where: { $0.hasPrefix("apply") || $0.hasPrefix("arm") }) else { throw .init("starting injected again") }
    }

    private mutating func checkHalt(during step: CompositionStep) async throws(CompositionViolation) {
        let isHalted = await bench.controller.haltState().halted
        let isUncertain = !isHaltDurable || step.description.contains("halt") || step.description.contains("resume")
        guard isHalted == reference.isHalted || isUncertain else { throw .init("halted is \(isHalted) after a start, not \(reference.isHalted)") }
        reference.isHalted = isHalted
        isHaltDurable = true
    }

    // MARK: the end of the history

    /// Everything ends; but for what others did, the node is as it was before; and the journal tells it all.
    private mutating func finish() async throws(CompositionViolation) {
        try await take(.mend)
        for kind in Set(PoolSpec.all.map(\.kind)).sorted() { try await take(.endAll(kind: kind)) }
        for _ in 0..<2 { try await take(.pass(31_000, timersFirst: false)) }
        guard reference.live.isEmpty else { throw .init("not over: \(reference.live.map(\.key))") }
        try checkJournal()
        let masked = reference.masked
        let down = reference.unitsDown.keys.filter { $0 != "idle.service" }
        let job = reference.containersDown.contains("job")
        bench.host.change { node in
            node.removeForeignRules()
            for unit in masked { node.setMasked(unit, false) }
            for unit in down { node.start(unit) }
        }
        let before = ModelNode.withoutRebootCases.text(at: ManualClock.first)
        let after = bench.host.text()
        guard after == (job ? before.replacing("container job running", with: "container job exited") : before) else {
            throw .init("the node is not as before:\n\(after)")
        }
    }

    private func checkJournal() throws(CompositionViolation) {
        let contents = bench.journal.contents
        guard bench.journal.openFaults.isEmpty else { throw .init("open in the journal: \(bench.journal.openFaults.map(\.kind))") }
        for (name, fault) in reference.faults where fault.id != CompositionReference.noID {
            guard let record = contents.faults[fault.id] else { throw .init("the journal does not know f\(name)") }
            guard let cause = record.endedBy, fault.causes.contains(cause) else {
                throw .init("f\(name) was ended by \(record.endedBy?.rawValue ?? "nobody"), not one of \(fault.causes.map(\.rawValue).sorted())")
            }
            guard record.clean == record.drift.isEmpty else {
                throw .init("f\(name): clean is \(String(describing: record.clean)), drift is \(record.drift)")
            }
        }
        let numbers = contents.events.map(\.seq)
        guard numbers == Array(1..<Int64(numbers.count + 1)) else { throw .init("events are numbered \(numbers)") }
    }

    /// Written and read by the simulation's thread alone.
    private final class Box: @unchecked Sendable { var reply: CompositionReply? }
}

extension CompositionStep {
    fileprivate var parts: [CompositionStep] { if case .together(let steps) = self { steps } else { [self] } }
    fileprivate var ruleOwner: Int? { if case .operatorRemovesRule(let name, _) = self { name } else { nil } }
}

extension LiveSight {
    init(_ record: FaultRecord) {
        state = record.state
        kind = record.kind
        let open = Set(record.changes.filter { $0.state != .reverted }.map(\.change.mechanism))
        undone = Set(record.changes.map(\.change.mechanism)).subtracting(open)
    }
}

extension Bench {
    fileprivate func mendAll() {
        host.mendAll()
        journal.setFailing(false)
    }
}
