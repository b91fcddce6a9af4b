// What must be true before a fault is granted.
import FaultKinds
public import FaultModel

extension Controller {
    func bind(_ request: FaultRequest) throws(Problem) -> BoundFault {
        let kind = try Catalog.kind(named: request.kind, among: kinds)
        if let pattern = policy.deniedKinds.first(where: { Glob.matches($0, request.kind) }) {
            throw Problem(.forbidden, "this node's policy denies \(request.kind)", hint: "denied_kinds in faultd.yaml has \"\(pattern)\"")
        }
        return try kind.bind(request.spec, lenient: request.lenient)
    }

    /// Looks at the node and plans. Reads only.
    /// - Parameters:
    ///   - caller: whose own connection must live on.
    ///   - confirmed: the fault ends soon unless the caller confirms it.
    ///   - spared: the processes of the first round's caller, for a later one.
    func planned(
        _ bound: BoundFault, by caller: Caller? = nil, confirmed: Bool = false, sparing spared: [Int32] = []
    ) async throws(Problem) -> Plan {
        var needs = bound.needs
        if needs.lifelines || needs.processes { needs.callerPID = caller?.pid }
        var view = try await host.resolve(needs)
        view.awaitsConfirmation = confirmed
        view.callerLine += spared
        view.protection = policy.protection
        view.holders = holders()
        view.entropy = UInt64.random(in: 0...UInt64(Int64.max))
        do { return try bound.plan(view) } catch { throw await lacking(bound.kind) ?? error }
    }

    /// What the node lacks for this kind, if anything: who has to install something first need not hear what else would not do.
    private func lacking(_ name: String) async -> Problem? {
        guard let kind = kinds.first(where: { $0.name == name }), !kind.requires.isEmpty,
            let missing = Self.missing(kind, await host.capabilities()).first
        else { return nil }
        return Problem(.missingDependency, "\(name) can't be had on this node: \(missing.detail)", hint: missing.remedy)
    }

    func refuseIfClosed() throws(Problem) {
        if isStopping { throw Problem(.shuttingDown, "faultd is stopping and takes no new faults", hint: "try again when it runs") }
        guard let halted else { return }
        let reason = halted.reason.map { ": \($0)" } ?? ""
        throw Problem(
            .halted, "halted by \(halted.by.name) at \(halted.at.text)\(reason)",
            hint: "DELETE /v1/halt (faultctl resume) lifts it, when whoever set it agrees")
    }

    func leaseLength(_ wanted: Duration?) throws(Problem) -> Duration {
        let lease = wanted ?? policy.defaultLease
        if lease > policy.maxLease {
            throw Problem(
                .leaseTooLong, "a lease of \(lease.text) is more than this node allows: \(policy.maxLease.text)",
                hint: "take a shorter lease and renew it, or raise max_lease in faultd.yaml",
                errors: [.init("lease", "must be at most \(policy.maxLease.text)")])
        }
        if lease < Limits.shortestLease {
            throw Problem(
                .leaseTooShort, "a lease of \(lease.text) is over before the fault is in force",
                hint: "the shortest is \(Limits.shortestLease.text)", errors: [.init("lease", "must be at least \(Limits.shortestLease.text)")])
        }
        return lease
    }

    /// Policy, budget and clashes. Does not wait: what it finds free is still free when it returns.
    func admit(_ plan: Plan) throws(Problem) {
        for unit in plan.units {
            guard let pattern = policy.protection.pattern(protecting: unit) else { continue }
            throw Problem(
                .protectedTarget, "this fault would hit \(unit), which is protected on this node",
                hint: "protected_units has \"\(pattern)\"; without it nobody could reach or mend the node")
        }
        guard plan.targets <= policy.maxTargets else {
            throw Problem(
                .tooManyTargets, "this fault would hit \(plan.targets) targets, and max_targets is \(policy.maxTargets)",
                hint: "narrow the selector, or raise max_targets in faultd.yaml")
        }
        try refuseClash(plan.claims)
        guard live.count < policy.maxFaults else {
            throw Problem(
                .budgetExceeded, "\(live.count) faults are alive, and max_faults is \(policy.maxFaults)",
                hint: "end one of them, or raise max_faults in faultd.yaml")
        }
    }

    /// Kinds see what is held, because a unit that another fault holds down looks as if there were nothing to stop.
    private func holders() -> [String: String] {
        var holders: [String: String] = [:]
        for (resource, id) in live.claims.exclusives {
            guard let record = live[id]?.record else { continue }
            holders[resource] = "fault \(id) (\(record.kind), owner \(record.owner))"
        }
        return holders
    }

    func refuseClash(_ claims: [Claim], except own: FaultID? = nil) throws(Problem) {
        guard let holder = live.claims.holder(against: claims, except: own), let record = live[holder]?.record,
            let (_, theirs) = clash(claims, record.claims)
        else { return }
        throw Problem(
            .conflict, "\(theirs.resource) is held by fault \(record.id) (\(record.kind), \(record.state.rawValue), owner \(record.owner))",
            hint: "wait until it ends at \(record.deadline.wall.text), or end it: faultctl revert \(record.id)")
    }

    private func clash(_ mine: [Claim], _ theirs: [Claim]) -> (Claim, Claim)? {
        for claim in mine {
            if let other = theirs.first(where: claim.clashes) { return (claim, other) }
        }
        return nil
    }

    func checkIrreversible(_ plan: Plan, _ changes: [ChangeRecord], allowed: Bool) throws(Problem) {
        let reasons = plan.irreversible + changes.flatMap(\.undo.irreversible)
        guard !allowed, let first = reasons.first else { return }
        throw Problem(
            .irreversible, "this can't be undone: \(reasons.joined(separator: "; "))",
            hint: "if that is meant, ask for it: allow_irreversible=true", errors: [.init("allow_irreversible", first)])
    }

    /// What a request would do, and why it might be refused; nothing is touched.
    public func plan(_ request: FaultRequest, by caller: Caller) async throws(Problem) -> PlanDocument {
        try refuseIfClosed()
        let bound = try bind(request)
        let lease = try leaseLength(request.lease)
        let plan = try await planned(bound, by: caller, confirmed: request.confirmWithin != nil)
        try admit(plan)
        let now = clock.now()
        let id = Self.freshID(at: now.wall)
        let changes = try await prepared(plan.changes, for: id)
        let foresight = try await foresee(changes, until: now + lease)
        return PlanDocument(
            kind: bound.kind, spec: bound.spec, lease: TextDuration(lease),
            changes: changes.flatMap { $0.steps(mark: id.mark, until: nil, lease: lease) }, targets: plan.targets,
            backstop: foresight.backstop, notes: plan.notes + changes.flatMap(\.undo.part.outlook) + [foresight.note].compactMap { $0 },
            irreversible: plan.irreversible + changes.flatMap(\.undo.irreversible))
    }
}
