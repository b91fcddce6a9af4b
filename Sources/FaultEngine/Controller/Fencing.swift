// Who may renew, confirm, end and take over a fault: one pure rule for all of them.
import FaultModel

enum Fencing {
    /// Throws unless the caller, as the one he says he is, may act on the fault as it stands now.
    ///
    /// Who names himself is held to it, an admin too: a driver that runs as root is fenced off like any other. An owner's name is no secret,
    /// so naming the right one is not enough.
    static func check(_ record: FaultRecord, _ caller: Caller, _ standing: Standing, isAdmin: Bool) throws(Problem) {
        if let fence = standing.fence, fence != record.fence { throw fenced(record, fence) }
        if let owner = standing.owner, owner != record.owner {
            throw Problem(
                .notOwner, "fault \(record.id) belongs to \(record.owner), not to \(owner)\(history(record))", hint: hint(record),
                errors: [.init(Standing.Fields.owner.name, "must be \(record.owner), or left out")])
        }
        guard !isAdmin, !record.holder.isSameUser(as: caller) else { return }
        throw Problem(
            .notOwner, "fault \(record.id) is held by \(record.holder.name) (owner \(record.owner)), and you are \(caller.name)", hint: hint(record))
    }

    private static func fenced(_ record: FaultRecord, _ fence: Int) -> Problem {
        let isOld = fence < record.fence
        let rule = "must be \(record.fence)" + (isOld ? ": yours is over" : ", and has never been \(fence)")
        return Problem(
            .fenced, "fault \(record.id) has fence \(record.fence), not \(fence)\(history(record))",
            hint: isOld ? "another driver is responsible for it now: leave it to them" : "GET /v1/faults/\(record.id) shows its lease.fence",
            errors: [.init(Standing.Fields.fence.name, rule)])
    }

    private static func history(_ record: FaultRecord) -> String {
        record.takeover.map { ": \($0.by.name) took it over from \($0.from) at \($0.at.text)" } ?? ""
    }

    private static func hint(_ record: FaultRecord) -> String {
        "ask \(record.holder.name), or an admin of this node; it ends by itself at \(record.deadline.wall.text)"
    }
}

extension Policy {
    /// Root, the command that works without the daemon, and whom the configuration names.
    func isAdmin(_ caller: Caller) -> Bool {
        if caller.via == Caller.offline || caller.uid == 0 { return true }
        return [caller.user, caller.uid.map(String.init)].compactMap { $0 }.contains(where: admins.contains)
    }
}

extension Controller {
    func checkStanding(_ record: FaultRecord, _ caller: Caller, _ standing: Standing) throws(Problem) {
        try Fencing.check(record, caller, standing, isAdmin: policy.isAdmin(caller))
    }
}
