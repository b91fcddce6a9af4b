// Everything that is known of one fault.
import FaultModel

enum FaultPage {
    static func lines(_ fault: FaultDocument, kind: KindDocument?, _ look: Look) -> [Styled] {
        [FaultSummary.head(fault)]
            + block("", about(fault, look), look)
            + block("what was asked", asked(fault, kind), look)
            + block("what was done", changes(fault), look)
            + block("what was seen", seen(fault, look), look)
    }

    private static func block(_ title: String, _ page: Page, _ look: Look) -> [Styled] {
        let lines = page.lines(width: look.width.map { $0 - 2 })
        guard !lines.isEmpty else { return [] }
        return (title.isEmpty ? [] : ["", Styled(title, .bold)]) + lines.map { "  " + $0 }
    }

    private static func about(_ fault: FaultDocument, _ look: Look) -> Page {
        var page = Page()
        page.add("reason", fault.reason.map { Styled($0) })
        page.add("owner", owner(fault, look))
        page.add("asked by", Styled(Words.caller(fault.requested_by)))
        page.add("labels", Styled(fault.labels.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")))
        page.add("created", Styled("\(look.clock(fault.created_at)), \(Words.ago(fault.created_at, look))"))
        page.add("in force", inForce(fault, look))
        page.add("until", FaultSummary.until(fault, look))
        page.add("confirm", FaultSummary.confirm(fault, look))
        page.add("backstop", FaultSummary.backstop(fault.backstop, look))
        if fault.state == .stuck { page.add("beware", FaultSummary.stuck(fault, look)) }
        page.add("ended", ended(fault, look))
        page.add("note", fault.notes.map { Styled($0, .warn) })
        page.add("error", fault.error.map { ProblemText.lines($0) } ?? [])
        if !fault.state.isFinal { page.add("end it", verbatim: [Styled("faultctl revert \(fault.id.short)", .accent)]) }
        return page
    }

    /// With the fence, and whom it was taken from, once it has passed to another.
    private static func owner(_ fault: FaultDocument, _ look: Look) -> Styled {
        guard let taken = fault.taken_over else { return Styled(fault.owner) }
        return Styled("\(fault.owner), fence \(fault.lease.fence): \(taken.by.name) took it over from \(taken.from) at \(look.clock(taken.at))")
    }

    private static func inForce(_ fault: FaultDocument, _ look: Look) -> Styled? {
        guard let time = fault.applied_at else { return nil }
        return Styled("since \(look.clock(time))" + (fault.took.apply.map { ", applied in \($0.duration.text)" } ?? ""))
    }

    private static func ended(_ fault: FaultDocument, _ look: Look) -> Styled? {
        guard let cause = fault.ended_by else { return nil }
        let time = fault.reverted_at.map { "\(look.clock($0)), \(Words.ago($0, look)), " } ?? ""
        let took = fault.took.revert.map { "; undone in \($0.duration.text)" } ?? ""
        return "\(time)because \(cause.words)\(took)\(FaultSummary.verdict(fault))"
    }

    private static func asked(_ fault: FaultDocument, _ kind: KindDocument?) -> Page {
        var page = Page()
        let chosen = SpecText.fields(fault.spec, schema: kind?.schema)
        for field in SpecText.fields(fault.spec) {
            let isDefault = !chosen.contains { $0.name == field.name }
            page.add(field.name, "\(field.value)\(isDefault ? "  (default)" : "", .dim)")
        }
        return page
    }

    private static func changes(_ fault: FaultDocument) -> Page {
        var page = Page()
        for change in fault.changes {
            page.add(change.state.rawValue, verbatim: [Styled(change.apply), "\("undone by ", .dim)\(change.revert)"])
            page.add("", change.error.map { ProblemText.lines($0) } ?? [])
        }
        return page
    }

    private static func seen(_ fault: FaultDocument, _ look: Look) -> Page {
        var page = Page()
        page.add("", EvidenceText.lines(fault.evidence, over: fault.state.isFinal, look))
        page.add("drift", fault.drift.map { Styled($0, .warn) })
        return page
    }
}
