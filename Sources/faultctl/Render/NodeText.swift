// Halt in a few lines.
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
}
