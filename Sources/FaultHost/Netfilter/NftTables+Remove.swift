// A fault's chains and set out of the table, and the table itself with the last of them.
import FaultModel

extension NftTables {
    /// How often the fault is looked at anew because somebody changed it between the look and the transaction.
    private static let attempts = 20

    /// - Returns: what was there.
    func delete(_ fault: FaultID, in hooks: [PacketChain]) throws(Problem) -> NftSight {
        let found = try NftSight(fault, in: hooks, connection)
        var (left, trouble, attempt) = (found, Problem?.none, 0)
        while !left.removal.isEmpty {
            guard attempt < Self.attempts else {
                throw trouble ?? Problem(.hostFailure, "\(left.total.rules) rules of \(fault.mark) are still there after they were deleted")
            }
            do throws(Problem) { try connection.run(left.removal) } catch { trouble = error }
            attempt += 1
            left = try NftSight(fault, in: hooks, connection)
        }
        try removeTableIfEmpty()
        return found
    }

    /// Deleting a table deletes what is in it, so it is looked at first: a set tells of a fault without listing its rules.
    func removeTableIfEmpty() throws(Problem) {
        if try connection.list("sets table \(NftablesFault.table)")?.isEmpty == false { return }
        guard let objects = try connection.list("table \(NftablesFault.table)"), objects.allSatisfy({ $0.type == "table" }) else { return }
        do throws(Problem) { try connection.run("delete table \(NftablesFault.table)\n") } catch {
            // Somebody was faster.
            if try connection.list("table \(NftablesFault.table)") != nil { throw error }
        }
    }

    func inventory() throws(Problem) -> [Artefact] {
        guard let objects = try connection.list("table \(NftablesFault.table)") else { return [] }
        if objects.allSatisfy({ $0.type == "table" }) { return [.emptyTable] }
        return faults(objects).sorted().map(Artefact.rules)
    }

    /// A chain in which only somebody else's rules are left is theirs now.
    private func faults(_ objects: [NftObject]) -> Set<FaultID> {
        let rules = objects.filter { $0.type == "rule" }
        let theirs = Set(rules.filter { $0.fault == nil }.map(\.chain)).subtracting(rules.filter { $0.fault != nil }.map(\.chain))
        let kept = Set(theirs.compactMap { NftablesFault(object: $0)?.fault })
        let named = objects.filter { $0.type != "rule" }.compactMap { NftablesFault(object: $0.name)?.fault }
        return Set(rules.compactMap { NftablesFault(object: $0.chain) == nil ? nil : $0.fault } + named.filter { !kept.contains($0) })
    }

    func remove(_ artefact: Artefact) throws(Problem) {
        if let fault = artefact.fault { _ = try delete(fault, in: PacketChain.allCases) } else if artefact == .emptyTable { try removeTableIfEmpty() }
    }
}

extension Artefact {
    static let emptyTable = Artefact(mechanism: .packets, fault: nil, name: "empty table \(NftablesFault.table) (nftables)")
}
