// What the findings about a node are, from what was learnt of it.
import FaultClient
import FaultModel

/// What `faultctl doctor` learnt; nil is what could not be asked.
struct Diagnosis: Encodable {
    var local: LocalNode
    var clientVersion: String
    /// Why the daemon can't be asked.
    var unreachable: Problem?
    var node: NodeDocument?
    var kinds: [KindDocument]?
    var verify: VerifyDocument?
    /// Why a part of the daemon's answers is missing.
    var failures: [Problem] = []

    var checks: [Check] {
        guard let node else { return [daemon] + local.checks + failed }
        return [daemon] + capabilities(node) + kindChecks
            + [halt(node), stuck(node), drifting, leftovers, leases(node), protection(node)]
            .compactMap { $0 } + failed
    }

    enum CodingKeys: String, CodingKey {
        case checks, node
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(checks, forKey: .checks)
        try members.encode(node, forKey: .node)
    }

    var status: ExitStatus {
        if unreachable != nil { return .unreachable }
        let isClean = node?.stuck.isEmpty ?? true && verify?.clean ?? true
        return !failures.isEmpty ? .refused : isClean ? .ok : .notClean
    }

    private var daemon: Check {
        if let problem = unreachable { return Check("daemon", .bad, problem.detail, remedy: problem.hint) }
        guard let node else { return Check("daemon", .bad, "It answers, but does not tell about the node.") }
        let told = "faultd \(node.version) answers for \(node.node), \(Words.count(node.active, "fault")) in force."
        guard node.version == clientVersion else {
            return Check("daemon", .note, told + " This program is \(clientVersion).", remedy: "Install the same version of both.")
        }
        return Check("daemon", .good, told)
    }

    private func capabilities(_ node: NodeDocument) -> [Check] {
        node.capabilities.map { Check($0.capability.rawValue, $0.available ? .good : .bad, $0.detail, remedy: $0.available ? nil : $0.remedy) }
    }

    private var kindChecks: [Check] {
        guard let kinds else { return [] }
        let (here, missing) = (kinds.filter(\.available), kinds.filter { !$0.available })
        let all = Check(
            "kinds", here.isEmpty ? .bad : .good, here.isEmpty ? "No kind of fault works here." : here.map(\.name).joined(separator: ", "))
        return [all] + missing.map { Check("", .bad, "\($0.name) is not available", remedy: $0.unavailable) }
    }

    private func halt(_ node: NodeDocument) -> Check {
        guard node.halt.halted else { return Check("halt", .good, "Not halted: faults are accepted.") }
        let why = (node.halt.by.map { " by \($0.name)" } ?? "") + (node.halt.reason.map { ": \($0)" } ?? "")
        return Check("halt", .note, "Halted\(why). No fault is accepted.", remedy: "faultctl resume")
    }

    private func stuck(_ node: NodeDocument) -> Check {
        guard let first = node.stuck.first else { return Check("stuck", .good, "No fault is stuck.") }
        let ids = node.stuck.map(\.short).joined(separator: ", ")
        return Check("stuck", .bad, "\(Words.count(node.stuck.count, "fault")) can't be undone yet: \(ids)", remedy: "faultctl show \(first.short)")
    }

    private var drifting: Check? {
        let faults = (verify?.faults ?? []).filter { !$0.drift.isEmpty }
        if faults.isEmpty { return nil }
        let ids = faults.map(\.id.short).joined(separator: ", ")
        return Check("in force", .bad, "\(Words.count(faults.count, "fault")) not wholly in force: \(ids)", remedy: "faultctl verify")
    }

    private var leftovers: Check? {
        guard let verify else { return nil }
        guard !verify.orphans.isEmpty else { return Check("leftovers", .good, "Nothing of faultd's but what faults in force account for.") }
        return Check("leftovers", .bad, Words.count(verify.orphans.count, "thing") + " that no fault accounts for.", remedy: "faultctl verify --fix")
    }

    private func leases(_ node: NodeDocument) -> Check {
        let policy = node.policy
        let leases = "\(policy.default_lease.duration.text) if none is asked for, at most \(policy.max_lease.duration.text)"
        return Check(
            "leases", .good, "\(leases); up to \(Words.count(policy.max_faults, "fault")) at once, \(Words.count(policy.max_targets, "target")) each."
        )
    }

    private func protection(_ node: NodeDocument) -> Check {
        let policy = node.policy
        let parts = [
            Self.some("ports", policy.protected_ports.map(\.text)), Self.some("denied kinds", policy.denied_kinds),
            Self.some("units", policy.protected_units),
        ].compactMap { $0 }
        return Check("protected", .good, parts.isEmpty ? "Nothing by configuration." : parts.joined(separator: "; "))
    }

    /// A list's start; the JSON form has all of it.
    private static func some(_ what: String, _ names: [String]) -> String? {
        guard !names.isEmpty else { return nil }
        let rest = names.count > 6 ? " and \(names.count - 5) more" : ""
        return "\(what) \(names.prefix(rest.isEmpty ? 6 : 5).joined(separator: ", "))\(rest)"
    }

    private var failed: [Check] { failures.map { Check("unknown", .bad, $0.detail, remedy: $0.hint) } }
}
