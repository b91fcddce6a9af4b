// The rules of a fault, found by its mark in whichever chain they are.
import CNetfilter
import FaultModel

/// Rules of one fault in one table.
struct MarkedRules: Equatable {
    var rules = 0
    var hitPackets: UInt64 = 0
    var hitBytes: UInt64 = 0

    mutating func add(_ other: MarkedRules) {
        rules += other.rules
        hitPackets &+= other.hitPackets
        hitBytes &+= other.hitBytes
    }
}

extension Table {
    /// The rules of every fault.
    func marked() -> [FaultID: MarkedRules] {
        var found: [FaultID: MarkedRules] = [:]
        for chain in chains {
            forEachRule(of: chain) { _, rule in
                guard let fault = rule.fault else { return }
                let counters = rule.counters
                found[fault, default: .init()].add(.init(rules: 1, hitPackets: counters.pcnt, hitBytes: counters.bcnt))
            }
        }
        return found
    }

    /// `iptables -D` for every rule with the mark.
    /// - Returns: how many there were.
    func delete(_ fault: FaultID) throws(Problem) -> Int {
        var count = 0
        for chain in chains {
            let found = positions(of: fault, in: chain)
            try delete(found, of: chain)
            count += found.count
        }
        return count
    }

    /// Gives every rule with the mark another end, in its place and with its counters.
    func move(_ fault: FaultID, to stop: Datestop) throws(Problem) {
        for chain in chains {
            for (position, entry) in entries(of: fault, in: chain, endingAt: stop) { try replace(position, of: chain, by: entry) }
        }
    }

    /// The last second of each rule with the mark that has one.
    func datestops(of fault: FaultID) -> Set<UInt32> {
        var found: Set<UInt32> = []
        for chain in chains {
            forEachRule(of: chain) { _, rule in
                if rule.fault == fault, let offset = rule.datestop { found.insert(rule.base.load(fromByteOffset: offset, as: UInt32.self)) }
            }
        }
        return found
    }

    func positions(of fault: FaultID, in chain: String) -> [Int] {
        var positions: [Int] = []
        forEachRule(of: chain) { position, rule in
            if rule.fault == fault { positions.append(position) }
        }
        return positions
    }

    private func entries(of fault: FaultID, in chain: String, endingAt stop: Datestop) -> [(Int, [UInt8])] {
        var entries: [(Int, [UInt8])] = []
        forEachRule(of: chain) { position, rule in
            guard rule.fault == fault, let offset = rule.datestop else { return }
            var copy = StructBytes(rule.bytes)
            copy.set(stop.second, at: offset)
            // A snapshot has a verdict as a number, and whatever was in memory behind the end of the empty name; libiptc wants the name.
            copy.set(each: Extension.nameBytes(target(of: rule)), at: rule.targetName)
            entries.append((position, copy.bytes))
        }
        return entries
    }
}
