// Stopping, restarting and removing by the runtime's own verbs, and proof that it worked.
import FaultModel

extension Containers {
    /// Does `act` to each of them, at the runtime that has it.
    func end(
        _ pins: [ContainerPin], _ act: @escaping @Sendable (any ContainerRuntime, ContainerPin) async throws(Problem) -> Void
    ) async throws(Problem) {
        try await requireSameRuns(pins)
        _ = try await together(pins) { [self] pin throws(Problem) in
            deeds.note(pin) { $0.killedAt = clock.now().wall }
            _ = try await ask(pin.runtime) { runtime throws(Problem) -> Bool? in
                guard try await runtime.inspect(pin) != nil else { return nil }
                try await act(runtime, pin)
                return true
            }
        }
    }

    /// `docker stop -t SECONDS`. Returns the run keys of those that live on: none.
    func stop(_ pins: [ContainerPin], _ seconds: Int) async throws(Problem) -> Set<String> {
        try await end(pins) { runtime, pin throws(Problem) in try await runtime.stop(pin.id, isSandbox: pin.isSandbox, seconds: seconds) }
        try await requireEnded(pins, "stopped")
        return []
    }

    /// `docker restart -t SECONDS`; in CRI the supervisor makes another one of what has stopped.
    func restart(_ undo: ContainerUndo, _ seconds: Int) async throws(Problem) -> Evidence {
        try await end(undo.targets) { runtime, pin throws(Problem) in
            try await runtime.restart(pin.id, isSandbox: pin.isSandbox, seconds: seconds)
        }
        try await requireEnded(undo.targets, "restarted")
        return Evidence(containers: try await judge(undo).map(\.recovery))
    }

    /// `docker rm -f`
    func remove(_ undo: ContainerUndo) async throws(Problem) -> Evidence {
        try await end(undo.targets) { runtime, pin throws(Problem) in try await runtime.remove(pin.id, isSandbox: pin.isSandbox) }
        try await requireEnded(undo.targets, "removed")
        return Evidence(containers: try await judge(undo).map(\.recovery))
    }

    private func requireEnded(_ pins: [ContainerPin], _ word: String) async throws(Problem) {
        guard let pin = try await survivors(pins, limit: ContainerLimits.fatalEnd).first else { return }
        throw Problem(
            .noEffect,
            "\(pin.title) was to be \(word), and its run goes on \(ContainerLimits.fatalEnd.text) after \(pin.runtime.rawValue) said it was")
    }
}
