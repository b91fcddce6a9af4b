// Faults as a table: what must be seen first stands first.
import FaultModel

enum FaultTable {
    static func lines(_ faults: [FaultDocument], kinds: [KindDocument], full: Bool = false, _ look: Look) -> [Styled] {
        var table = Table(
            .init("ID"), .init("KIND", least: 10), .init("STATE"), .init("LEASE"), .init("SPEC", least: 12), .init("REASON", least: 8),
            .init("OWNER", least: 5))
        for fault in sorted(faults) {
            let id = full ? fault.id.text : fault.id.short
            // A stuck fault is red from end to end.
            let (head, rest): (Paint, Paint?) = fault.state == .stuck ? (.alarm, .alarm) : (.bold, nil)
            table.add(
                Styled(id, head), Styled(fault.kind, rest), fault.stateStyled, lease(fault, look),
                Styled(SpecText.oneLine(fault.spec, schema: kinds.schema(of: fault.kind)), rest), Styled(fault.reason ?? "", rest),
                Styled(fault.owner, rest))
        }
        let width = full ? nil : look.width
        return table.lines(width: width) + stuck(faults, look).flatMap { $0.wrapped(to: width) }
    }

    /// Stuck ones first, then the newest.
    static func sorted(_ faults: [FaultDocument]) -> [FaultDocument] {
        faults.sorted { ($0.state == .stuck ? 1 : 0, $0.id) > ($1.state == .stuck ? 1 : 0, $1.id) }
    }

    /// A line for each: why, since when, how often it was tried.
    private static func stuck(_ faults: [FaultDocument], _ look: Look) -> [Styled] {
        sorted(faults).filter { $0.state == .stuck }.map { fault in
            "\(fault.id.short, .alarm) \(FaultSummary.stuck(fault, look))\(fault.error.map { ": \($0.detail)" } ?? "", .alarm)"
        }
    }

    private static func lease(_ fault: FaultDocument, _ look: Look) -> Styled {
        switch fault.state {
        case .applying, .active: left(fault.lease.remaining.duration)
        case .reverting: Styled("ending", .warn)
        case .stuck: Styled("over", .alarm)
        case .reverted, .failed: Styled(fault.reverted_at.map { "ended \(Words.ago($0, look))" } ?? "", .dim)
        }
    }

    static func left(_ remaining: Duration) -> Styled { Styled("\(remaining.brief) left", remaining < .seconds(10) ? .warn : nil) }
}
