// Holds the engine's answers against the reference: each step moves the reference along, or is a violation.
import FaultModel
import FaultTesting

/// What the engine said to a step.
enum CompositionReply: Sendable {
    case fault(FaultDocument)
    case refused(Problem)
    case done

    var isHostFailure: Bool { if case .refused(let problem) = self { problem.type == .hostFailure } else { false } }
}

/// What was found wrong, in words.
struct CompositionViolation: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

extension CompositionReference {
    /// One step of the engine with its answer.
    mutating func take(_ step: CompositionStep, _ reply: CompositionReply) throws(CompositionViolation) {
        switch step {
        case .inject(let name, let spec, let lease, let confirm): try granted(name, candidate(spec, lease: lease, confirmWithin: confirm), reply)
        case .renew(let name, let lease):
            try moved(name, reply) { fault, now in
                fault.leaseEnd = now + Int64(lease) * 1_000_000_000
                fault.renewals += 1
            }
        case .confirm(let name): try moved(name, reply, waits: faults[name]?.confirmBy != nil) { fault, _ in fault.confirmBy = nil }
        case .end(let name):
            end([name], .request)
            try done(reply, isKnown(name) ? [] : [.notFound])
        case .endAll(let kind):
            end(live.filter { $0.value.spec.kind == kind }.map(\.key), .request)
            try done(reply, [])
        case .halt:
            isHalted = true
            end(live.map(\.key), .halt)
            try done(reply, [])
        case .resume:
            // It was being lifted, and somebody halted again.
            if isHalted, isHaltRival, case .refused(let problem) = reply, problem.type == .halted { return }
            try done(reply, isHalted && isDiskFull ? [.journalUnavailable] : [])
            if !isDiskFull { isHalted = false }
        case .pass(let time, _): pass(time)
        case .breakVerb(let verb): broken.insert(verb)
        case .mend:
            broken = []
            isDiskFull = false
        case .fillDisk: isDiskFull = true
        case .operatorStarts(let unit): operatorStarts(unit)
        case .operatorStops(let unit): operatorStops(unit)
        case .operatorMasks(let unit): masked.insert(unit)
        case .operatorUnmasks(let unit): masked.remove(unit)
        case .operatorRemovesRule(let name, let number): removeRule(of: name, number)
        case .othersAddRule: foreignRules.append("theirs \(foreignRules.count)")
        case .crash, .together: break
        }
    }

    /// A fault that failed at once has an id that nobody was told.
    private func isKnown(_ name: Int) -> Bool { faults[name].map { $0.id != Self.noID } ?? false }

    private func done(_ reply: CompositionReply, _ refusals: [Problem.Slug]) throws(CompositionViolation) {
        switch reply {
        case .refused(let problem):
            guard refusals.contains(problem.type) else { throw .init("refused without a reason: \(problem)") }
        case .fault, .done:
            guard refusals.isEmpty else { throw .init("should have been refused: \(refusals.map(\.rawValue))") }
        }
    }

    // MARK: inject

    /// What is asked for at the same moment, itself included.
    mutating func expect(_ steps: [CompositionStep]) {
        isHaltRival = steps.count > 1 && steps.contains { if case .halt = $0 { true } else { false } }
        rivals = steps.compactMap { step in
            if case .inject(_, let spec, let lease, let confirm) = step { candidate(spec, lease: lease, confirmWithin: confirm) } else { nil }
        }
    }

    private mutating func granted(_ name: Int, _ candidate: ReferenceFault, _ reply: CompositionReply) throws(CompositionViolation) {
        var fault = candidate
        let reasons = refusals(candidate)
        switch reply {
        case .fault(let document):
            guard reasons.isEmpty else { throw .init("granted f\(name), although: \(reasons.map(\.rawValue))") }
            guard document.state == .active else { throw .init("granted f\(name), which is \(document.state)") }
            fault.id = document.id
            faults[name] = fault
            apply(name, fault.spec.mechanisms(self))
        case .refused(let problem):
            if let ended = Self.endedWhileApplying(problem) { return try endedAtOnce(name, fault, ended, reasons) }
            if isHeldByRival(candidate, problem.type) { return }
            // A repetition that was written down and then failed goes on holding the pod's container that it would have hit.
            if problem.type == .conflict, candidate.spec.isPod, live.contains(where: { $0.value.spec.isPod }) { return }
            guard reasons.contains(problem.type) else {
                throw .init("f\(name) was refused without that reason: \(problem); reasons: \(reasons.map(\.rawValue))")
            }
            if problem.type == .conflict { try namesTheOther(name, candidate, problem) }
            if problem.type == .hostFailure,
                broken.contains(where: { problem.detail == "\($0) is broken" && ($0.hasPrefix("arm") || $0.hasPrefix("apply")) })
            {
                guard reasons == [.hostFailure] else { throw .init("began to apply f\(name), although: \(reasons.map(\.rawValue))") }
                failed(name, fault)
            }
        case .done: throw .init("no answer to an injection")
        }
    }

    /// Another request of the same moment holds the place, for as long as it takes to find that it can't be granted.
    private func isHeldByRival(_ fault: ReferenceFault, _ reason: Problem.Slug) -> Bool {
        switch reason {
        case .conflict: rivals.filter(fault.clashes).count > (fault.holds.isEmpty && fault.spec.setting == nil ? 0 : 1)
        case .budgetExceeded: rivals.count > 1 && live.count + rivals.count > Self.maxFaults
        default: false
        }
    }

    private func namesTheOther(_ name: Int, _ fault: ReferenceFault, _ problem: Problem) throws(CompositionViolation) {
        let others = conflicts(fault)
        guard others.contains(where: { problem.detail.contains($0.id.text) }) else {
            throw .init("f\(name) was refused for a clash, but none of those that it clashes with is named: \(problem.detail)")
        }
    }

    /// It could not be put in force whole: what was reached is undone again.
    private mutating func failed(_ name: Int, _ candidate: ReferenceFault) {
        faults[name] = candidate
        apply(name, reach(candidate).mechanisms)
        end([name], .error)
    }

    private static func endedWhileApplying(_ problem: Problem) -> EndCause? {
        guard problem.type == .conflict, problem.detail.hasSuffix("while it was being applied") else { return nil }
        return [EndCause.request, .halt, .lease].first { problem.detail.contains("(\($0.rawValue))") }
    }

    private mutating func endedAtOnce(
        _ name: Int, _ fault: ReferenceFault, _ cause: EndCause, _ reasons: [Problem.Slug]
    ) throws(CompositionViolation) {
        guard reasons.isEmpty || reasons == [.hostFailure] else { throw .init("began to apply f\(name), although: \(reasons.map(\.rawValue))") }
        faults[name] = fault
        apply(name, wasApplied ? reach(fault).mechanisms : [])
        end([name], cause)
    }

    // MARK: renew, confirm

    private mutating func moved(
        _ name: Int, _ reply: CompositionReply, waits: Bool = true, _ move: (inout ReferenceFault, Int64) -> Void
    ) throws(CompositionViolation) {
        guard var fault = faults[name], isKnown(name) else { return try done(reply, [.notFound]) }
        var reasons: [Problem.Slug] = fault.stage == .active && waits ? [] : [.conflict]
        if isDiskFull { reasons.append(.journalUnavailable) }
        var target = fault
        move(&target, now)
        // Where the deadline stays, no backstop is touched.
        let isArmBroken = target.deadline != fault.deadline && mechanisms(of: fault).contains { broken.contains("arm \($0)") }
        // A round of a repeated kill that failed has left nothing that needs a backstop.
        if isArmBroken, !fault.spec.isPod || reply.isHostFailure { reasons.append(.hostFailure) }
        try done(reply, reasons)
        guard case .fault(let document) = reply else {
            // Moved, and then ended: its backstops stand where it was moved to for as long as its end does not work.
            guard case .refused(let problem) = reply, problem.detail.hasSuffix("ended while it was being renewed") else { return }
            move(&fault, now)
            faults[name] = fault
            return
        }
        move(&fault, now)
        faults[name] = fault
        guard document.lease.renewals == fault.renewals else {
            throw .init("f\(name) was renewed \(fault.renewals) times, not \(document.lease.renewals)")
        }
        let start = ManualClock().now()
        let promised = start.wall + .nanoseconds(fault.leaseEnd - start.boot)
        guard document.lease.expires_at == promised else {
            throw .init("f\(name) was promised until \(document.lease.expires_at.text), not \(promised.text)")
        }
    }
}
