// The mechanism behind `Change.links`: interfaces by rtnetlink, in the node's network namespace or a container's.
import FaultModel

final class LinkControl: Mechanism {
    private let thread = DedicatedThread(name: "links")
    private let namespaces: Namespaces

    init(namespaces: Namespaces) { self.namespaces = namespaces }

    deinit { thread.close() }

    func prepare(_ change: LinkChange, for fault: FaultID) async throws(Problem) -> LinkUndo {
        let pin = try await namespaces.pin(change.inside)
        return try await inside(pin) { () throws(Problem) in try LinkRestorer.prepare(change, for: fault, in: pin) }
    }

    /// Nothing of its own: the host gives it a timer.
    func foresee(_ undo: LinkUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: LinkUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func apply(_ change: LinkChange, undo: LinkUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await inside(undo.namespace) { () throws(Problem) in try LinkRestorer(undo: undo).apply() }
    }

    func revert(_ undo: LinkUndo) async throws(Problem) -> RevertOutcome {
        try await thread.run(urgent: true) { () throws(Problem) in
            try NetworkNamespace.run(undo.namespace) { () throws(Problem) in try LinkRestorer(undo: undo).revert() }
                ?? RevertOutcome(.alreadyGone, notes: [undo.namespace?.goneNote].compactMap { $0 })
        }
    }

    func observe(_ undo: LinkUndo) async throws(Problem) -> Evidence {
        try await thread.run { () throws(Problem) in
            try NetworkNamespace.run(undo.namespace) { () throws(Problem) in try LinkRestorer(undo: undo).observe() }
                ?? Evidence(drift: [undo.namespace?.goneDrift].compactMap { $0 })
        }
    }

    func capabilities() async -> [CapabilityReport] {
        let report = await thread.run { () throws(Never) in
            do throws(Problem) {
                return CapabilityReport(.links, available: true, detail: "rtnetlink, \(try LinkMessages.list().count) interfaces")
            } catch { return CapabilityReport(.links, available: false, detail: error.detail, remedy: "run faultd as root, with CAP_NET_ADMIN") }
        }
        return [report]
    }

    private func inside<T: Sendable>(_ pin: NamespacePin?, _ work: @escaping @Sendable () throws(Problem) -> T) async throws(Problem) -> T {
        try await thread.run { () throws(Problem) in
            if let result = try NetworkNamespace.run(pin, work) { return result }
            throw pin?.gone() ?? Problem(.internalError, "the node's own network is gone")
        }
    }
}
