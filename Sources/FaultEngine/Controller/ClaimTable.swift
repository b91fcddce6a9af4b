// Who holds what, by the thing that is held.
import FaultModel

struct ClaimTable {
    private struct Holders {
        var exclusive: Set<FaultID> = []
        var shared: Set<FaultID> = []
        var isEmpty: Bool { exclusive.isEmpty && shared.isEmpty }
    }
    private var holders: [String: Holders] = [:]
    /// What is held exclusively.
    private var exclusive: Set<String> = []

    mutating func add(_ claims: [Claim], of id: FaultID) {
        for claim in claims { change(claim) { $0.insert(id) } }
    }

    mutating func remove(_ claims: [Claim], of id: FaultID) {
        for claim in claims { change(claim) { $0.remove(id) } }
    }

    private mutating func change(_ claim: Claim, _ change: (inout Set<FaultID>) -> Void) {
        var holders = self.holders.removeValue(forKey: claim.resource) ?? Holders()
        if claim.shared { change(&holders.shared) } else { change(&holders.exclusive) }
        if holders.exclusive.isEmpty { exclusive.remove(claim.resource) } else { exclusive.insert(claim.resource) }
        if !holders.isEmpty { self.holders[claim.resource] = holders }
    }

    /// The oldest fault but `own` that holds something which clashes with these.
    func holder(against claims: [Claim], except own: FaultID?) -> FaultID? {
        claims.lazy.compactMap { claim in
            guard let holders = holders[claim.resource] else { return nil }
            let rivals = claim.shared ? holders.exclusive : holders.exclusive.union(holders.shared)
            return rivals.filter { $0 != own }.min()
        }.min()
    }

    /// Each thing that is held exclusively, and by whom.
    var exclusives: [(resource: String, holder: FaultID)] {
        exclusive.flatMap { resource in (holders[resource]?.exclusive ?? []).map { (resource, $0) } }
    }
}
