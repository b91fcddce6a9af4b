// Halt, leftovers and versions in a few lines.
import FaultModel

enum NodeText {
    static func halt(_ halt: HaltDocument, _ look: Look) -> [Styled] {
        guard halt.halted else { return ["\("Not halted.", .good) Faults are accepted."] }
        let who = halt.by.map { " by \($0.name)" } ?? ""
        let when = halt.at.map { " at \(look.clock($0))" } ?? ""
        let why = halt.reason.map { ": \($0)" } ?? ""
        var lines: [Styled] = ["\("Halted", .alarm)\(who)\(when)\(why). No fault is accepted until `faultctl resume`."]
        if let reverted = halt.reverted {
            let ids = reverted.map(\.short).joined(separator: ", ")
            lines.append("\(Words.count(reverted.count, "fault")) reverted\(reverted.isEmpty ? "" : ": " + ids)")
        }
        if let stuck = halt.stuck, !stuck.isEmpty {
            lines.append("\("Stuck, tried again and again:", .alarm) \(stuck.map(\.short).joined(separator: ", "))")
        }
        return lines
    }

    /// Nil where there is nothing to tell.
    static func stuck(_ count: Int) -> Styled? {
        guard count > 0 else { return nil }
        let verb = count == 1 ? "is" : "are"
        return Styled("faultd: \(Words.count(count, "fault")) \(verb) STUCK, could not be undone yet: faultctl list --state stuck", .alarm)
    }

    static func verify(_ verify: VerifyDocument, _ look: Look) -> [Styled] {
        let ours = Words.count(verify.accounted.count, "thing")
        let known: Styled =
            verify.accounted.isEmpty ? "Nothing of faultd's is on this node." : "\(ours) of faultd's on this node, all of faults in force."
        guard !verify.clean else { return ["\("Clean.", .good) \(known)"] }
        var table = Table(.init("LEFT OVER", least: 20), .init("IN"), .init("FAULT"))
        for orphan in verify.orphans {
            table.add(Styled(orphan.name, .bold), Styled(orphan.mechanism.rawValue), Styled(orphan.fault?.short ?? "none"))
        }
        return ["\("Not clean:", .alarm) \(Words.count(verify.orphans.count, "thing")) of faultd's that no fault accounts for."]
            + table.lines(width: look.width)
            + ["\("hint:", .accent) `systemctl restart faultd` removes them; with no daemon, `faultd revert --all` does."]
    }
}
