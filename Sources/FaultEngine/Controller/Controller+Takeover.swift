// Passing a fault to another driver, so that the one before can't touch it any more.
public import FaultModel

extension Controller {
    /// Makes `owner`, or the caller, the fault's owner and counts its fence up: what the driver before still sends is refused.
    /// - Parameters:
    ///   - lease: a new lease from now; nil leaves it as it is.
    ///   - fence: refused unless this is the fault's fence: of two that take over at once only one succeeds.
    public func takeOver(_ id: FaultID, owner: String?, lease: Duration?, fence: Int?, by caller: Caller) async throws(Problem) -> FaultDocument {
        try await move(id, caller, Standing(fence: fence)) { (record, now) throws(Problem) in
            if let lease { record.lease = Lease(try leaseLength(lease), grantedAt: now, renewals: record.lease.renewals + 1) }
            let before = record.owner
            record.takeover = Takeover(fence: record.fence + 1, by: caller, at: now.wall, from: before)
            record.owner = owner ?? caller.name
            return (.faultTakenOver, "\(caller.name) took it over from \(before) for \(record.owner), fence \(record.fence)")
        }
    }
}
