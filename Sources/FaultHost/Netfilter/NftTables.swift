// The table `inet faultd` of nftables: what `nft list table inet faultd` shows. Blocks its thread.
import FaultModel

/// Writes into no other table. Each fault has chains and a set of its own in it, which are there or gone as one transaction.
struct NftTables: BlockingTables {
    let connection = NftConnection()
    private let now: @Sendable () -> Moment
    private let proc: ProcNet
    private let known: KnownFeatures

    static var tables: PacketTables { .nftables }
    var elsewhere: NftTables { NftTables(now: now, proc: proc, known: known) }

    /// The kernel counts an element's time in ticks and rounds it down; with a tick more (the longest there is: CONFIG_HZ=100) no rule stops
    /// before its lease ends. It does not count the time for which the machine is suspended.
    static let tick = Duration.milliseconds(10)

    init(now: @escaping @Sendable () -> Moment, proc: ProcNet = ProcNet(), known: KnownFeatures = KnownFeatures()) {
        self.now = now
        self.proc = proc
        self.known = known
    }

    /// No fingerprints of others' chains: nothing is put into them.
    func prepare(_ change: PacketChange, for fault: FaultID) throws(Problem) -> PacketUndo {
        for rule in change.rules { try rule.checkExpressibleByNft() }
        try refuseWithoutEffect(change.rules)
        let features = NftFeature.used(by: change.rules)
        if !known.has(features) {
            try tryOut(change.rules, fault)
            known.add(features)
        }
        return PacketUndo(fault: fault, rules: change.rules)
    }

    /// `nft -c`: the kernel checks all of it, loads what it needs and puts nothing in force.
    private func tryOut(_ rules: [PacketRule], _ fault: FaultID) throws(Problem) {
        do throws(Problem) { try connection.run(NftablesFault(fault).transaction(rules, lasting: .seconds(1)), dry: true) } catch {
            if error.type != .hostFailure { throw error }
            throw Problem(
                .missingDependency, "the kernel refuses such rules: \(error.detail)",
                hint: "modprobe -a nf_tables nft_ct nft_numgen nft_reject_inet on the node itself, and list them in /etc/modules-load.d/faultd.conf")
        }
    }

    private func refuseWithoutEffect(_ rules: [PacketRule]) throws(Problem) {
        if rules.isEmpty { throw Problem(.noEffect, "there is no rule to put in force") }
        if rules.allSatisfy({ $0.family == .ipv6 }), proc.hasNoIPv6 || proc.isIPv6Disabled {
            throw Problem(.noEffect, "every rule is for IPv6, which is off on this node")
        }
    }

    func foresee(until deadline: Moment) -> Backstop {
        Backstop(by: "kernel", at: deadline.wall + Self.tick, detail: "nftables timeout of the set that every rule needs")
    }

    /// A set that somebody emptied stays so.
    func rearm(_ undo: PacketUndo, until deadline: Moment) throws(Problem) -> Backstop {
        let names = NftablesFault(undo.fault)
        if let set = try connection.list("set \(NftablesFault.table) \(names.alive)")?.first(where: { $0.type == "set" }), set.elements > 0 {
            try connection.run(names.renewal(lasting: try remaining(deadline)))
        }
        return foresee(until: deadline)
    }

    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) throws(Problem) -> Evidence {
        try refuseWithoutEffect(change.rules)
        try connection.run(NftablesFault(undo.fault).transaction(change.rules, lasting: try remaining(deadline)))
        let sight = try NftSight(undo.fault, in: PacketChain.used(by: change.rules), connection)
        if let complaint = sight.complaints(wanted: change.rules.count).first { throw Problem(.hostFailure, complaint) }
        return sight.evidence(wanted: change.rules.count)
    }

    private func remaining(_ deadline: Moment) throws(Problem) -> Duration {
        let now = now()
        try deadline.refuseIfOver(at: now)
        return deadline.since(now) + Self.tick
    }

    func observe(_ undo: PacketUndo) throws(Problem) -> Evidence {
        try NftSight(undo.fault, in: PacketChain.used(by: undo.rules), connection).evidence(wanted: undo.rules.count)
    }

    func revert(_ undo: PacketUndo) throws(Problem) -> RevertOutcome {
        let found = try delete(undo.fault, in: PacketChain.used(by: undo.rules))
        let (count, wanted) = (found.total.rules, undo.rules.count)
        if count == 0 { return RevertOutcome(.alreadyGone, drift: found.drift) }
        let missing = count < wanted ? ["\(count) of \(wanted) rules were there; somebody had removed the rest"] : []
        return RevertOutcome(.restored, notes: missing, drift: found.drift)
    }
}
