// Faults as a table: what must be seen first stands first.
import FaultModel

enum FaultTable {
    static func lines(_ faults: [FaultDocument], kinds: [KindDocument], full: Bool = false, _ look: Look) -> [Styled] {
        var table = Table(
            .init("ID"), .init("KIND", least: 10), .init("STATE"), .init("LEASE"), .init("SPEC", least: 12), .init("REASON", least: 8),
            .init("OWNER", least: 5))
        for fault in sorted(faults) {
            table.add(
                Styled(full ? fault.id.text : fault.id.short, .bold), Styled(fault.kind), fault.stateStyled, lease(fault, look),
                Styled(SpecText.oneLine(fault.spec, schema: kinds.schema(of: fault.kind))), Styled(fault.reason ?? ""), Styled(fault.owner))
        }
        return table.lines(width: full ? nil : look.width)
    }

    /// Stuck ones first, then the newest.
    static func sorted(_ faults: [FaultDocument]) -> [FaultDocument] {
        faults.sorted { ($0.state == .stuck ? 1 : 0, $0.id) > ($1.state == .stuck ? 1 : 0, $1.id) }
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
