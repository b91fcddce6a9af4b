// Sets of ports, and what a rule's matches can say of them.
import FaultModel

enum PortSet: Hashable {
    case all
    case allBut([PortRange])
    case only([PortRange])

    /// As a spec has it: no ports named means all.
    init(_ named: [PortRange]) { self = named.isEmpty ? .all : .only(named) }

    var isEmpty: Bool { self == .only([]) }
    /// Ports were named, so that those which were not are out of it.
    var isNamed: Bool { if case .only = self { true } else { false } }

    func overlaps(_ others: [PortRange]) -> Bool {
        switch self {
        case .all: !others.isEmpty
        case .allBut(let holes): !Self.pieces(of: others, without: holes).isEmpty
        case .only(let ranges): ranges.contains { range in others.contains(where: range.overlaps) }
        }
    }

    func subtracting(_ others: [PortRange]) -> PortSet {
        switch self {
        case .all: others.isEmpty ? .all : .allBut(Self.merged(others))
        case .allBut(let holes): .allBut(Self.merged(holes + others))
        case .only(let ranges): .only(Self.pieces(of: ranges, without: others))
        }
    }

    /// Places in one multiport match, a range taking two (iptables-extensions(8)).
    private static let places = 15

    /// What a rule must say to mean this set: one rule for each match, which is nil where nothing need be said.
    var matches: [PortMatch?] {
        switch self {
        case .all: return [nil]
        case .allBut(let holes):
            // More holes than one match can deny: what is between them is named instead.
            let isOneMatch = holes.reduce(0, { $0 + Self.size($1) }) <= Self.places
            return isOneMatch ? [PortMatch(holes, negated: true)] : Self.grouped(Self.pieces(of: [PortRange(0, .max)], without: holes))
        case .only(let ranges): return Self.grouped(ranges)
        }
    }

    private static func size(_ range: PortRange) -> Int { range.low == range.high ? 1 : 2 }

    private static func grouped(_ ranges: [PortRange]) -> [PortMatch?] {
        var groups: [[PortRange]] = []
        var left = 0
        for range in ranges {
            if size(range) > left {
                groups.append([])
                left = places
            }
            groups[groups.count - 1].append(range)
            left -= size(range)
        }
        return groups.map { PortMatch($0) }
    }

    /// In order, those that touch joined.
    static func merged(_ ranges: [PortRange]) -> [PortRange] {
        var merged: [PortRange] = []
        for range in ranges.sorted(by: { ($0.low, $0.high) < ($1.low, $1.high) }) {
            if let last = merged.last, Int(range.low) <= Int(last.high) + 1 {
                merged[merged.count - 1].high = max(last.high, range.high)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    private static func pieces(of ranges: [PortRange], without holes: [PortRange]) -> [PortRange] {
        let holes = merged(holes)
        return ranges.flatMap { range -> [PortRange] in
            var pieces: [PortRange] = []
            var next = Int(range.low)
            for hole in holes where hole.overlaps(range) {
                if next < Int(hole.low) { pieces.append(PortRange(UInt16(next), hole.low - 1)) }
                next = Int(hole.high) + 1
            }
            if next <= Int(range.high) { pieces.append(PortRange(UInt16(next), range.high)) }
            return pieces
        }
    }
}
