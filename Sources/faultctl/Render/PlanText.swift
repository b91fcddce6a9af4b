// A dry run: what would be done, and what would undo it.
import FaultModel

enum PlanText {
    /// - Parameter command: what the person would type to do it.
    static func lines(_ plan: PlanDocument, command: String, _ look: Look) -> [Styled] {
        [head(plan), ""] + steps(plan) + [""] + remarks(plan, command, look).lines(width: look.width)
    }

    private static func head(_ plan: PlanDocument) -> Styled {
        let changes = Words.count(plan.changes.count, "step")
        let targets = Words.count(plan.targets, "target")
        return "\(plan.kind, .bold) for \(plan.lease.duration.text) would take \(changes) on \(targets). \("Nothing was touched.", .good)"
    }

    private static func steps(_ plan: PlanDocument) -> [Styled] {
        let width = String(plan.changes.count).count
        return plan.changes.enumerated().flatMap { index, step -> [Styled] in
            let number = Styled(String(index + 1), .dim).padded(to: width, right: true)
            let indent = String(repeating: " ", count: width)
            return ["  \(number)  \("do", .accent)    \(step.apply)", "  \(indent)  \("undo", .dim)  \(step.revert)"]
        }
    }

    private static func remarks(_ plan: PlanDocument, _ command: String, _ look: Look) -> Page {
        var page = Page()
        page.add("backstop", FaultSummary.backstop(plan.backstop, look))
        page.add("note", plan.notes.map { Styled($0) })
        page.add("beware", plan.irreversible.map { "\("can't be undone:", .alarm) \($0)" })
        page.add("do it", verbatim: [Styled(command, .accent)])
        return page
    }
}
