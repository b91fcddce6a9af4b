// One finding of `faultctl doctor`.
import FaultModel

struct Check: Hashable, Encodable {
    enum Verdict: String, Hashable, Encodable {
        case good, note, bad
    }
    var name: String
    var verdict: Verdict
    var detail: String
    /// What a person would do about it.
    var remedy: String?

    init(_ name: String, _ verdict: Verdict, _ detail: String, remedy: String? = nil) {
        self.name = name
        self.verdict = verdict
        self.detail = detail
        self.remedy = remedy
    }

    private var sign: Styled {
        switch verdict {
        case .good: Styled("✓", .good)
        case .note: Styled("•", .warn)
        case .bad: Styled("✗", .bad)
        }
    }

    /// The finding, and below it what to do.
    static func lines(_ checks: [Check], _ look: Look) -> [Styled] {
        var page = Page()
        for check in checks {
            page.add(check.name, ["\(check.sign) \(check.detail)"] + (check.remedy.map { ["  \("→", .accent) \($0)"] } ?? []))
        }
        return page.lines(width: look.width)
    }
}
