// Looking for many faults at once: by what is remembered of them, and by reading the whole table only where that was wrong.
import FaultModel

/// Faults as they are in one state of the ruleset.
struct NftLook {
    /// Of the ruleset.
    let generation: UInt32
    private(set) var sights: [FaultID: NftSight] = [:]
    /// Tables that were read as a whole.
    private(set) var read: [Int: NftTableSight] = [:]
    /// Faults that have a set, however little is left in it.
    private(set) var sets: Set<FaultID> = []

    /// What is asked for each of the remembered rules, sets and chains.
    fileprivate enum Question {
        case rule(NftHandle, NftablesFault)
        case life(IPFamily, NftablesFault)
        case set(NftablesFault)
        case chain(String, shard: Int)
    }

    /// - Parameter isGuessing: false reads whole tables at once.
    init(
        for wanted: [NftWanted], _ memory: NftMemory, _ connection: NftConnection, isGuessing: Bool = true
    ) throws(Problem) {
        generation = try connection.generation()
        var unsure = Set(wanted.map(\.fault.shard))
        if isGuessing { unsure = try guess(wanted, memory, connection) }
        if unsure.isEmpty { return }
        read = try NftTableSight.all(unsure, connection)
        for shard in unsure { memory.replace(shard, with: read[shard]) }
        let missed = wanted.filter { unsure.contains($0.fault.shard) }
        for item in missed { sights[item.fault.fault] = NftSight(item.fault, in: read[item.fault.shard], chains: item.chains) }
        let living = missed.map(\.fault).filter { read[$0.shard]?.sets.contains($0.fault) == true }
        sets.subtract(missed.map(\.fault.fault))
        sets.formUnion(living.map(\.fault))
        _ = try ask(living.flatMap { fault in IPFamily.allCases.map { .life($0, fault) } }, connection)
    }

    /// - Returns: tables that must be read.
    private mutating func guess(_ wanted: [NftWanted], _ memory: NftMemory, _ connection: NftConnection) throws(Problem) -> Set<Int> {
        var unsure: Set<Int> = []
        var questions: [Question] = []
        var chains: [Int: Set<String>] = [:]
        for item in wanted {
            guard let place = memory.places[item.fault.fault], place.shard == item.fault.shard else {
                unsure.insert(item.fault.shard)
                continue
            }
            sights[item.fault.fault] = NftSight(item.fault)
            questions += place.rules.map { .rule($0, item.fault) } + IPFamily.allCases.map { .life($0, item.fault) }
            chains[place.shard, default: []].formUnion(item.chains.union(place.rules.map(\.chain)))
        }
        for (shard, names) in chains where !unsure.contains(shard) { questions += names.map { .chain($0, shard: shard) } }
        let uses = try ask(questions.filter { !unsure.contains($0.shard) }, connection)
        for (shard, names) in chains where names.contains(where: { uses[shard]?[$0] != memory.tables[shard]?.chains[$0] }) { unsure.insert(shard) }
        let sure = wanted.map(\.fault).filter { !unsure.contains($0.shard) }
        for fault in sure where sights[fault.fault]?.rules.count != memory.places[fault.fault]?.rules.count { unsure.insert(fault.shard) }
        _ = try ask(sure.filter { !sets.contains($0.fault) }.map { .set($0) }, connection)
        return unsure
    }

    /// Takes rules that carry the mark and families into the sights.
    /// - Returns: how many rules each chain has.
    private mutating func ask(_ questions: [Question], _ connection: NftConnection) throws(Problem) -> [Int: [String: Int]] {
        var uses: [Int: [String: Int]] = [:]
        var (sights, sets) = (sights, sets)
        try connection.ask(questions.count, { questions[$0].write(&$1) }) { index, _, body in
            switch questions[index] {
            case .rule(_, let fault):
                if let rule = NftRuleSight(body), rule.fault == fault.fault { sights[fault.fault]?.rules.append(rule) }
            case .life(let family, let fault):
                sights[fault.fault]?.families.insert(family)
                sets.insert(fault.fault)
            case .set(let fault): sets.insert(fault.fault)
            case .chain(let name, let shard): uses[shard, default: [:]][name] = body.attribute(6).flatMap(NftConnection.number).map(Int.init) ?? 0
            }
        }
        (self.sights, self.sets) = (sights, sets)
        return uses
    }
}

extension NftLook.Question {
    fileprivate var shard: Int {
        switch self {
        case .rule(_, let fault), .life(_, let fault), .set(let fault): fault.shard
        case .chain(_, let shard): shard
        }
    }

    fileprivate func write(_ messages: inout NftMessages) {
        switch self {
        case .rule(let handle, let fault): messages.getRule(handle, fault.shard)
        case .life(let family, let fault): messages.getLife(fault, family)
        case .set(let fault): messages.getSet(fault)
        case .chain(let name, let shard): messages.getChain(name, shard)
        }
    }
}

/// A fault that is looked for.
struct NftWanted {
    var fault: NftablesFault
    /// Shared ones that its rules are to be in.
    var chains: Set<String>

    init(_ undo: PacketUndo) {
        fault = NftablesFault(undo.fault, shard: undo.shard)
        chains = Set(PacketChain.used(by: undo.rules).map(NftablesFault.chain))
    }

    init(_ fault: FaultID, shard: Int) {
        self.fault = NftablesFault(fault, shard: shard)
        chains = []
    }
}
