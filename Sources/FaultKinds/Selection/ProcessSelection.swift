// Which processes a fault hits: the part that every kind on processes has in common.
import FaultModel

/// A selector with its choice.
struct ProcessSelection: Sendable {
    var selector: ProcessSelector
    var choice: Choice

    static var fields: [FieldDescription] { ProcessFields.all + Choice.fields }

    init(_ reader: inout SpecReader) {
        selector = ProcessFields.read(&reader)
        choice = Choice.read(&reader)
        if selector.isEmpty, reader.errors.isEmpty {
            reader.refuse("name", "or another condition is required (pid, command, user, unit, container, cgroup): every process is never meant")
        }
    }

    /// Containers are asked for by those who need them: their list is not free.
    func needs(containers: Bool) -> NodeQuery {
        var query = NodeQuery(containers: containers || selector.container != nil)
        query.processes = true
        return query
    }

    /// Those that are hit, none of them protected.
    /// - Parameter isFit: whether the act would change anything about it.
    func chosen(on node: NodeView, _ isFit: (NodeProcess) -> Bool = { _ in true }, unfit: String = "") throws(Problem) -> ([NodeProcess], [String]) {
        let matches = selector.matches(on: node)
        guard !matches.isEmpty else { throw nothing(on: node) }
        try refuseProtected(matches, node)
        let fit = matches.filter(isFit)
        guard !fit.isEmpty else { throw noneFit(matches, unfit, node) }
        let (chosen, note) = try choice.pick(from: fit, entropy: node.entropy)
        let left = matches.filter { !isFit($0) }
        let skipped = left.isEmpty ? nil : "left alone: \(Self.list(left)), \(unfit) already"
        return (chosen, [note, skipped].compactMap { $0 })
    }

    private func refuseProtected(_ matches: [NodeProcess], _ node: NodeView) throws(Problem) {
        for process in matches {
            guard let reason = ProcessGuard.reason(process, node) else { continue }
            throw Problem(
                .protectedTarget, "process \(process.title) matches and is protected: \(reason)",
                hint: "narrow the selector, by unit= or user= for one",
                errors: [.init("spec.\(selector.firstField)", "matches process \(process.title), which is protected")])
        }
    }

    private func nothing(on node: NodeView) -> Problem {
        let kernel = selector.pid.flatMap { pid in node.processes.first { Int($0.pid) == pid && $0.isKernel } }
        if let kernel {
            return Problem(
                .protectedTarget, "process \(kernel.title) is a thread of the kernel", errors: [.init("spec.pid", "is a thread of the kernel")])
        }
        return Problem(
            .noMatch, "no process matches \(selector.text)",
            hint: "GET /v1/targets/processes shows what runs here; a name has 15 bytes at most, command= sees the whole line",
            errors: [.init("spec.\(selector.firstField)", "matches no process")])
    }

    private func noneFit(_ matches: [NodeProcess], _ unfit: String, _ node: NodeView) -> Problem {
        for process in matches {
            guard let holder = node.holders[Claim.process(ProcessPin(process)).resource] else { continue }
            return Problem(
                .conflict, "process \(process.title) is held by \(holder)", hint: "wait until that fault ends, or end it",
                errors: [.init("spec.\(selector.firstField)", "matches only what another fault holds")])
        }
        return Problem(
            .noEffect, "\(Self.list(matches)): \(unfit) already, so nothing would change",
            errors: [.init("spec.\(selector.firstField)", "matches only processes that are \(unfit) already")])
    }

    /// Some of them by name.
    private static func list(_ processes: [NodeProcess]) -> String {
        let more = processes.count > 5 ? " and \(processes.count - 5) more" : ""
        return processes.prefix(5).map(\.title).joined(separator: ", ") + more
    }
}
