// Freezing containers and letting them go on.
import FaultModel

extension Containers {
    /// `docker pause`, and a look whether it says so.
    func pause(_ pins: [ContainerPin]) async throws(Problem) -> Evidence {
        try await requireSameRuns(pins)
        _ = try await together(pins) { [self] pin throws(Problem) in
            try await asked(pin) { runtime throws(Problem) in try await runtime.pause(pin.id) }
        }
        let evidence = try await pauses(pins)
        guard let trouble = evidence.drift?.first else { return evidence }
        throw Problem(.noEffect, trouble)
    }

    /// What there is of them now.
    func pauses(_ pins: [ContainerPin]) async throws(Problem) -> Evidence {
        let runs = try await together(pins) { [self] pin throws(Problem) in try await run(of: pin) }
        var evidence = Evidence(observations: [], drift: [])
        for (pin, run) in zip(pins, runs) {
            let state = run.map { $0.isSameRun(as: pin) || !$0.isAlive ? $0.container.state : "\($0.container.state) (started again)" } ?? "removed"
            evidence.observations?.append(.init("container \(pin.title)", state))
            if state != Self.paused { evidence.drift?.append("\(pin.title) is not paused any more: it is \(state)") }
        }
        return evidence
    }

    /// `docker unpause` of those that are paused still, in the same run. Safe twice, without the change, and when they are gone.
    func resume(_ pins: [ContainerPin]) async throws(Problem) -> RevertOutcome {
        let sights = try await lookPatiently(at: pins, .pause)
        let ours = zip(pins, sights).filter { pin, sight in sight.own.map { $0.container.state == Self.paused && $0.isSameRun(as: pin) } ?? false }
        let outcomes = try await together(ours.map(\.0)) { [self] pin throws(Problem) in try await unpaused(pin) }
        var outcome = RevertOutcome(outcomes.contains(true) ? .restored : .alreadyGone)
        for (pin, sight) in zip(pins, sights) {
            guard let trouble = Self.change(pin, sight) else { continue }
            outcome.drift += trouble.drift.map { [$0] } ?? []
            outcome.notes += trouble.note.map { [$0] } ?? []
            if outcome.result != .restored { outcome.result = .superseded }
        }
        return outcome
    }

    private func unpaused(_ pin: ContainerPin) async throws(Problem) -> Bool {
        try await asked(pin) { runtime throws(Problem) in try await runtime.resume(pin.id) }
        if let run = try await run(of: pin), run.isSameRun(as: pin), run.container.state == Self.paused {
            throw Problem(.hostFailure, "\(pin.title) is still paused after \(pin.runtime.rawValue) unpaused it")
        }
        return true
    }

    /// What somebody else has made of it: nil when it is in the run in which it was paused.
    private static func change(_ pin: ContainerPin, _ sight: Sight) -> (note: String?, drift: String?)? {
        guard let own = sight.own else {
            if let heir = sight.others.first { return ("\(pin.title) runs as \(ContainerPin(heir.container).title)", nil) }
            return (nil, "\(pin.title) was removed while it was paused, not by faultd")
        }
        if own.isSameRun(as: pin), own.isAlive { return nil }
        if own.isAlive { return ("\(pin.title) was started again by somebody else while it was paused", nil) }
        return (nil, "\(pin.title) ended while it was paused, not by faultd: left as it is")
    }

    private func asked(_ pin: ContainerPin, _ act: @escaping @Sendable (any ContainerRuntime) async throws(Problem) -> Void) async throws(Problem) {
        _ = try await ask(pin.runtime) { runtime throws(Problem) -> Bool? in
            guard try await runtime.inspect(pin) != nil else { return nil }
            try await act(runtime)
            return true
        }
    }

    private static let paused = "paused"
}
