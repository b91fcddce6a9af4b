// A fault in a few lines: what is in force, until when, and how to end it.
import FaultModel

enum FaultSummary {
    /// Steps shown before the rest is only counted.
    private static let mostSteps = 8

    /// After inject, renew and confirm.
    static func lines(_ fault: FaultDocument, _ look: Look) -> [Styled] {
        var page = Page()
        page.add("done", verbatim: steps(fault))
        page.add("seen", EvidenceText.lines(fault.evidence, over: fault.state.isFinal, look))
        page.add("until", until(fault, look))
        page.add("confirm", confirm(fault, look))
        page.add("backstop", backstop(fault.backstop, look))
        page.add("note", fault.notes.map { Styled($0, .warn) })
        if !fault.state.isFinal { page.add("end it", verbatim: [Styled("faultctl revert \(fault.id.short)", .accent)]) }
        return [head(fault)] + page.lines(width: look.width).map { "  " + $0 }
    }

    static func head(_ fault: FaultDocument) -> Styled {
        let head: Styled = "\(fault.id.text, .bold)  \(fault.kind)  \(fault.state.styled)"
        return fault.isDrifting ? "\(head), \(fault.stateStyled)" : head
    }

    private static func steps(_ fault: FaultDocument) -> [Styled] {
        guard !fault.state.isFinal else { return [] }
        let rest = fault.changes.count - mostSteps
        let shown = fault.changes.prefix(rest > 1 ? mostSteps : fault.changes.count).map { Styled($0.apply) }
        return shown + (rest > 1 ? [Styled("… and \(rest) more: faultctl show \(fault.id.short)", .dim)] : [])
    }

    static func until(_ fault: FaultDocument, _ look: Look) -> Styled? {
        guard !fault.state.isFinal else { return nil }
        let renewed = fault.lease.renewals > 0 ? ", renewed \(Words.count(fault.lease.renewals, "time"))" : ""
        return
            "\(look.clock(fault.lease.expires_at), .bold), \(FaultTable.left(fault.lease.remaining.duration)) of \(fault.lease.duration.duration.text)\(renewed)"
    }

    static func confirm(_ fault: FaultDocument, _ look: Look) -> Styled? {
        guard !fault.state.isFinal, let time = fault.confirm_by else { return nil }
        return "\("faultctl confirm \(fault.id.short)", .accent) within \((time - look.now).brief), or it ends"
    }

    /// `kernel, 14:03:07 (xt_time datestop on every rule)`.
    static func backstop(_ backstop: Backstop?, _ look: Look) -> Styled? {
        backstop.map { Styled("\($0.by), \(look.clock($0.at)) (\($0.detail))") }
    }

    /// Since when, and how often it was tried.
    static func stuck(_ fault: FaultDocument, _ look: Look) -> Styled {
        let since = fault.stuck_since.map { " since \(look.clock($0)), \(Words.ago($0, look))" } ?? ""
        let attempts = fault.revert_attempts.map { "; \(Words.count($0, "attempt")) failed" } ?? ""
        return Styled("STUCK\(since)\(attempts)", .alarm)
    }

    /// One line for a fault that ended, or could not be.
    static func ending(_ fault: FaultDocument) -> [Styled] {
        let took = fault.state == .reverted ? fault.took.revert.map { " in \($0.duration.text)" } ?? "" : ""
        let cause = fault.ended_by.map { $0 == .request ? "" : " (\($0.words))" } ?? ""
        let head: Styled = "\(fault.id.short, .bold)  \(fault.kind)  \(fault.state.styled)\(took)\(cause)\(verdict(fault))"
        return [head] + fault.drift.map { "  \("drift:", .warn) \($0)" } + failure(fault)
    }

    /// Whether everything is as before.
    static func verdict(_ fault: FaultDocument) -> Styled {
        guard let clean = fault.clean else { return "" }
        return clean ? ", \("clean", .good)" : ", \("not as before", .warn)"
    }

    static func failure(_ fault: FaultDocument) -> [Styled] {
        var lines: [Styled] = []
        if let error = fault.error { lines += ProblemText.lines(error).map { "  " + $0 } }
        if fault.state == .stuck { lines.append("  \("It is tried again and again; see it with", .alarm) faultctl show \(fault.id.short)") }
        return lines
    }

    static func wasClean(_ fault: FaultDocument) -> Bool { fault.state == .reverted && fault.clean == true }

    /// Whether the node is as it was, as far as this fault goes.
    static func isClean(_ fault: FaultDocument) -> Bool {
        fault.state != .stuck && fault.clean != false && !(fault.evidence.containers ?? []).contains { $0.outcome == .didNotComeBack }
    }
}
