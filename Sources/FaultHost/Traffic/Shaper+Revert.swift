// Taking one fault's shaping away, by its mark.
import FaultModel
import Glibc

extension Shaper {
    private typealias Handle = TrafficMessages.Handle

    func revert() throws(Problem) -> RevertOutcome {
        var outcome = try TrafficSight.link(undo.index) == nil ? RevertOutcome(.alreadyGone) : removeQdisc()
        if undo.direction == .in, try removeDevice(), outcome.result == .alreadyGone { outcome.result = .restored }
        return outcome
    }

    private func removeQdisc() throws(Problem) -> RevertOutcome {
        let isOut = undo.direction == .out
        let present = try TrafficSight.qdiscs(of: undo.index, undo.direction)
        let found = try isOut ? ownRoot(present) : ownIngress(present)
        guard found != .others else {
            let now = present.map(\.qdisc)
            return now == undo.before ? RevertOutcome(.alreadyGone) : RevertOutcome(.superseded, drift: [Self.drift(undo, now)])
        }
        // Gone between the look and this: somebody was quicker.
        let harmless = [ENOENT, EINVAL, ENODEV]
        if isOut {
            _ = try TrafficMessages.deleteRoot(of: undo.index).perform("remove the qdisc of \(undo.interface)", unless: harmless)
        } else if let link = try TrafficSight.link(undo.index) {
            try Interfaces.removeIngress(of: link)
        }
        return try verified(found)
    }

    private enum Finding { case ours, shared, others }

    /// One without a mark is one whose making was cut short.
    private func ownRoot(_ present: [QdiscSight]) throws(Problem) -> Finding {
        guard present.contains(where: \.isOurs) else { return .others }
        let owner = try TrafficSight.owner(of: undo.index, parent: Handle.ours)
        return owner == nil || owner == undo.fault ? .ours : .others
    }

    /// Others may have put filters into it since; then it stays, without ours. Cut short in the making it has none, but its device is there.
    private func ownIngress(_ present: [QdiscSight]) throws(Problem) -> Finding {
        guard present.contains(where: { $0.isIngress && $0.qdisc.kind == "ingress" }) else { return .others }
        let filters = try TrafficSight.filters(of: undo.index, parent: Handle.ingress)
        if filters.isEmpty {
            let hasDevice = try TrafficSight.device(undo.fault.mark) != nil
            return undo.before.isEmpty && hasDevice ? .ours : .others
        }
        guard filters.contains(where: { $0.mark == undo.fault }) else { return .others }
        return filters.allSatisfy(\.isOurs) ? .ours : .shared
    }

    private func verified(_ found: Finding) throws(Problem) -> RevertOutcome {
        let now = try TrafficSight.qdiscs(of: undo.index, undo.direction)
        let isThere = undo.direction == .out ? now.contains(where: \.isOurs) : now.contains(where: \.isIngress)
        // Of an ingress that others use too the filters are what was ours.
        let isLeft =
            try found == .shared
            ? TrafficSight.filters(of: undo.index, parent: Handle.ingress).contains { $0.mark == undo.fault } : isThere
        if isLeft { throw Problem(.hostFailure, "the qdisc of \(undo.interface) is still there after it was removed") }
        let qdiscs = now.map(\.qdisc)
        if found == .shared { return RevertOutcome(.restored, drift: ["somebody put filters at \(undo.interface)'s ingress, which stays for them"]) }
        return RevertOutcome(.restored, drift: qdiscs == undo.before ? [] : [Self.drift(undo, qdiscs)])
    }

    private static func drift(_ undo: TrafficUndo, _ now: [TrafficUndo.Qdisc]) -> String {
        func text(_ qdiscs: [TrafficUndo.Qdisc]) -> String { qdiscs.isEmpty ? "none" : qdiscs.map(\.text).joined(separator: ", ") }
        return "somebody changed the qdiscs of \(undo.interface): \(text(now)) now, \(text(undo.before)) before"
    }

    private func removeDevice() throws(Problem) -> Bool {
        guard let device = try TrafficSight.device(undo.fault.mark) else { return false }
        _ = try LinkMessages.remove(device.index).perform("remove \(device.name)", unless: [ENODEV])
        if try TrafficSight.device(undo.fault.mark) != nil { throw Problem(.hostFailure, "\(device.name) is still there after it was removed") }
        return true
    }
}
