// The mechanism behind `Change.traffic`: qdiscs of ours by rtnetlink, in the node's network namespace or a container's.
import FaultModel
import Glibc

final class TrafficControl: Mechanism {
    private let thread = DedicatedThread(name: "traffic")
    private let kernel = KernelTraffic()
    private let namespaces: Namespaces

    init(namespaces: Namespaces) { self.namespaces = namespaces }

    deinit { thread.close() }

    func prepare(_ change: TrafficChange, for fault: FaultID) async throws(Problem) -> TrafficUndo {
        let pin = try await namespaces.pin(change.inside)
        return try await thread.run { [kernel] () throws(Problem) in
            try kernel.require(KernelTraffic.Part.needed(by: change.shape, change.direction))
            let undo = try NetworkNamespace.run(pin) { () throws(Problem) in try Interfaces.prepare(change, for: fault, in: pin) }
            if let undo { return undo }
            throw pin?.gone() ?? Problem(.internalError, "the node's own network is gone")
        }
    }

    /// Nothing of its own: the host gives it a timer.
    func foresee(_ undo: TrafficUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: TrafficUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func apply(_ change: TrafficChange, undo: TrafficUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await thread.run { () throws(Problem) in
            let evidence = try NetworkNamespace.run(undo.namespace) { () throws(Problem) in
                try Shaper(undo: undo).apply(change)
                return try Shaper(undo: undo).observe()
            }
            if let evidence { return evidence }
            throw undo.namespace?.gone() ?? Problem(.internalError, "the node's own network is gone")
        }
    }

    func revert(_ undo: TrafficUndo) async throws(Problem) -> RevertOutcome {
        try await thread.run(urgent: true) { () throws(Problem) in
            try NetworkNamespace.run(undo.namespace) { () throws(Problem) in try Shaper(undo: undo).revert() }
                ?? RevertOutcome(.alreadyGone, notes: [undo.namespace?.goneNote].compactMap { $0 })
        }
    }

    func observe(_ undo: TrafficUndo) async throws(Problem) -> Evidence {
        try await thread.run { () throws(Problem) in
            try NetworkNamespace.run(undo.namespace) { () throws(Problem) in try Shaper(undo: undo).observe() }
                ?? Evidence(drift: [undo.namespace?.goneDrift].compactMap { $0 })
        }
    }

    func inventory() async throws(Problem) -> [Artefact] {
        try await thread.run { () throws(Problem) in
            var found = try Interfaces.inventory()
            for place in try NamespaceSurvey.others() {
                let inside = try NetworkNamespace.run(in: place) { () throws(Problem) in try Interfaces.inventory() } ?? []
                found += inside.map { $0.at(place.inode) }
            }
            return found
        }
    }

    func remove(_ artefact: Artefact) async throws(Problem) {
        try await thread.run(urgent: true) { () throws(Problem) in
            guard let inode = artefact.place else { return try Interfaces.remove(artefact) }
            for place in try NamespaceSurvey.others() where place.inode == inode {
                _ = try NetworkNamespace.run(in: place) { () throws(Problem) in try Interfaces.remove(artefact.withoutPlace) }
            }
        }
    }

    func capabilities() async -> [CapabilityReport] {
        await thread.run { [kernel] () throws(Never) in
            [kernel.report(.trafficControl, [.htb, .u32, .tbf]), kernel.report(.netem, [.htb, .u32, .netem])]
        }
    }
}

extension KernelTraffic {
    func report(_ capability: Capability, _ parts: [Part]) -> CapabilityReport {
        do throws(Problem) {
            let missing = try missing(among: parts)
            let words = missing.isEmpty ? parts : missing
            let detail = (missing.isEmpty ? "" : "the kernel has no ") + words.map(\.rawValue).joined(separator: ", ")
            return CapabilityReport(
                capability, available: missing.isEmpty, detail: detail, remedy: missing.isEmpty ? nil : Self.remedy(for: missing))
        } catch {
            return CapabilityReport(capability, available: false, detail: error.detail, remedy: error.hint)
        }
    }
}
