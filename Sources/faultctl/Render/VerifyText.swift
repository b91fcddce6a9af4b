// Whether the node is as faultd says it is: what is left over, and what should be in force and is not.
import FaultModel

enum VerifyText {
    static func lines(_ verify: VerifyDocument, _ look: Look) -> [Styled] {
        head(verify) + leftovers(verify, look) + verify.faults.filter { !$0.isWell }.flatMap(trouble)
    }

    private static func head(_ verify: VerifyDocument) -> [Styled] {
        let ours = Words.count(verify.accounted.count, "thing")
        let known: Styled =
            verify.accounted.isEmpty ? "Nothing of faultd's is on this node." : "\(ours) of faultd's on this node, all of faults in force."
        return verify.clean ? ["\("Clean.", .good) \(known)"] : []
    }

    private static func leftovers(_ verify: VerifyDocument, _ look: Look) -> [Styled] {
        guard !verify.orphans.isEmpty else { return [] }
        var table = Table(.init("LEFT OVER", least: 20), .init("IN"), .init("FAULT"))
        for orphan in verify.orphans {
            table.add(Styled(orphan.name, .bold), Styled(orphan.mechanism.rawValue), Styled(orphan.fault?.short ?? "none"))
        }
        return ["\("Not clean:", .alarm) \(Words.count(verify.orphans.count, "thing")) of faultd's that no fault accounts for."]
            + table.lines(width: look.width)
            + ["\("hint:", .accent) `faultctl verify --fix` removes them, as a restart of faultd does; with no daemon, `faultd revert --all`."]
    }

    private static func trouble(_ fault: FaultCheck) -> [Styled] {
        let head: Styled = "\(fault.id.short, .bold)  \(fault.kind)  \(what(fault))"
        return [head] + fault.drift.map { "  \("drift:", .warn) \($0)" } + (fault.error.map { ["  \($0.detail, .bad)"] } ?? [])
    }

    private static func what(_ fault: FaultCheck) -> Styled {
        if fault.state == .stuck { return fault.state.styled }
        return Styled(fault.error == nil ? "not wholly in force" : "could not be looked at", .warn)
    }
}
