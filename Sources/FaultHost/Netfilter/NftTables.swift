// faultd's tables of nftables: what `nft list table inet faultd` shows. Blocks its thread.
import FaultModel

/// Writes into no other table. All faults that are put in force, moved or ended together are one transaction of the kernel's.
struct NftTables: BlockingTables {
    let connection = NftConnection()
    let memory = NftMemory()
    private let now: @Sendable () -> Moment
    private let proc: ProcNet
    private let known: KnownFeatures

    static var tables: PacketTables { .nftables }
    var elsewhere: NftTables { NftTables(now: now, proc: proc, known: known) }

    /// The kernel counts an element's time in ticks and rounds it down; with a tick more (the longest there is: CONFIG_HZ=100) no rule stops
    /// before its lease ends. It does not count the time for which the machine is suspended.
    static let tick = Duration.milliseconds(10)
    /// How often a transaction is made anew because somebody, wherever, changed the ruleset since the look that it rests on.
    static let attempts = 20

    init(now: @escaping @Sendable () -> Moment, proc: ProcNet = ProcNet(), known: KnownFeatures = KnownFeatures()) {
        self.now = now
        self.proc = proc
        self.known = known
    }

    /// No fingerprints of others' chains: nothing is put into them.
    func prepare(_ change: PacketChange, for fault: FaultID) throws(Problem) -> PacketUndo {
        for rule in change.rules { try rule.checkExpressibleByNft() }
        try refuseWithoutEffect(change.rules)
        try fillMemory()
        let shard = memory.places[fault]?.shard ?? memory.openShard
        let features = NftFeature.used(by: change.rules)
        if !known.has(features) {
            try tryOut(change.rules, NftablesFault(fault, shard: shard))
            known.add(features)
        }
        return PacketUndo(fault: fault, rules: change.rules, shard: shard == 1 ? nil : shard)
    }

    /// `nft -c`.
    private func tryOut(_ rules: [PacketRule], _ fault: NftablesFault) throws(Problem) {
        let outcome = try connection.commit(on: nil, isDry: true) { messages in
            messages.addFrames([(fault, rules)])
            messages.addSet(fault, lasting: .seconds(1), isNew: false)
            for rule in rules { messages.insert(rule, fault) }
        }
        guard case .refused(let problem) = outcome else { return }
        if problem.type != .hostFailure { throw problem }
        throw Problem(
            .missingDependency, "the kernel refuses such rules: \(problem.detail)",
            hint: "modprobe -a nf_tables nft_ct nft_numgen nft_reject_inet on the node itself, and list them in /etc/modules-load.d/faultd.conf")
    }

    func refuseWithoutEffect(_ rules: [PacketRule]) throws(Problem) {
        if rules.isEmpty { throw Problem(.noEffect, "there is no rule to put in force") }
        if rules.allSatisfy({ $0.family == .ipv6 }), proc.hasNoIPv6 || proc.isIPv6Disabled {
            throw Problem(.noEffect, "every rule is for IPv6, which is off on this node")
        }
    }

    func foresee(until deadline: Moment) -> Backstop {
        Backstop(by: "kernel", at: deadline.wall + Self.tick, detail: "nftables timeout of the set that every rule needs")
    }

    func remaining(_ deadline: Moment) throws(Problem) -> Duration {
        let now = now()
        try deadline.refuseIfOver(at: now)
        return deadline.since(now) + Self.tick
    }

    func observe(_ undo: PacketUndo) throws(Problem) -> Evidence { try Self.one(observe([undo])) }

    func observe(_ undos: [PacketUndo]) -> [Result<Evidence, Problem>] {
        Self.each(undos) { () throws(Problem) in
            let look = try look(undos)
            return undos.map { .success(look.sight(of: $0).evidence(wanted: $0.rules.count)) }
        }
    }

    func look(_ undos: [PacketUndo], isGuessing: Bool = true) throws(Problem) -> NftLook {
        try NftLook(for: undos.map(NftWanted.init), memory, connection, isGuessing: isGuessing)
    }

    /// What is in force from an earlier run is read once.
    func fillMemory() throws(Problem) {
        if !memory.isFilled { memory.fill(with: try NftTableSight.all(nil, connection)) }
    }

    // MARK: - together and one by one

    static func one<T>(_ results: [Result<T, Problem>]) throws(Problem) -> T {
        guard let result = results.first else { throw Problem(.internalError, "nftables answered nothing") }
        return try result.get()
    }

    /// What can't be done at all is so for each of them.
    static func each<T>(_ items: [some Any], _ all: () throws(Problem) -> [Result<T, Problem>]) -> [Result<T, Problem>] {
        do throws(Problem) { return try all() } catch { return items.map { _ in .failure(error) } }
    }

    /// As one transaction, of not more than the kernel can echo; where that fails, one by one, so that only the guilty fail.
    static func together<Item, T>(_ items: [Item], _ all: ([Item]) throws(Problem) -> [Result<T, Problem>]) -> [Result<T, Problem>] {
        stride(from: 0, to: items.count, by: most).flatMap { start -> [Result<T, Problem>] in
            let part = Array(items[start..<min(start + most, items.count)])
            do throws(Problem) { return try all(part) } catch {
                if part.count == 1 { return [.failure(error)] }
                return part.flatMap { item in each([item]) { () throws(Problem) in try all([item]) } }
            }
        }
    }

    private static let most = 256
}

extension NftLook {
    func sight(of undo: PacketUndo) -> NftSight { sights[undo.fault] ?? NftSight(NftablesFault(undo.fault, shard: undo.shard)) }
}
