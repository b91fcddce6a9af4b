// A backstop for what neither the kernel nor systemd can undo by itself: a timer that runs `faultd revert --fault ID`.
import FaultModel

/// A mechanism that has no backstop of its own, with such a timer for each fault.
struct TimerBacked<Base: Mechanism>: Mechanism {
    /// One word, so that a fault of several mechanisms has a timer for each: `traffic`.
    let part: String
    let base: Base
    let systemd: Systemd

    private func timer(_ undo: Base.Back) -> BackstopTimer? {
        undo.needsBackstop ? BackstopTimer(fault: undo.fault, part: part) : nil
    }

    func foresee(_ undo: Base.Back, until deadline: Moment) async throws(Problem) -> Backstop? {
        guard let timer = timer(undo) else { return nil }
        return try await systemd.foresee(timer, until: deadline)
    }

    func arm(_ undo: Base.Back, until deadline: Moment) async throws(Problem) -> Backstop? {
        guard let timer = timer(undo) else { return nil }
        do { return try await systemd.arm(timer, until: deadline) } catch {
            // A node without systemd has the mechanism all the same; there the daemon alone ends the fault, and the answer shows no backstop.
            if error.type == .missingDependency { return nil }
            throw error
        }
    }

    func revert(_ undo: Base.Back) async throws(Problem) -> RevertOutcome {
        let outcome = try await base.revert(undo)
        guard let timer = timer(undo) else { return outcome }
        do { try await systemd.disarm(timer) } catch {
            if error.type != .missingDependency { throw error }
        }
        return outcome
    }

    func prepare(_ change: Base.Act, for fault: FaultID) async throws(Problem) -> Base.Back { try await base.prepare(change, for: fault) }
    func apply(_ change: Base.Act, undo: Base.Back, until deadline: Moment) async throws(Problem) -> Evidence {
        try await base.apply(change, undo: undo, until: deadline)
    }
    func observe(_ undo: Base.Back) async throws(Problem) -> Evidence { try await base.observe(undo) }
    func follow(_ undo: Base.Back) -> AsyncStream<Evidence>? { base.follow(undo) }
    func inventory() async throws(Problem) -> [Artefact] { try await base.inventory() }
    func remove(_ artefact: Artefact) async throws(Problem) { try await base.remove(artefact) }
    func capabilities() async -> [CapabilityReport] { await base.capabilities() }
}
