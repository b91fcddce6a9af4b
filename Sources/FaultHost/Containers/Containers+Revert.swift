// Undoing: whatever ran before runs again, under its own id or by what replaced it.
import FaultModel

extension Containers {
    /// Safe to run twice, without the change, and when the containers are gone.
    func revert(_ undo: ContainerUndo) async throws(Problem) -> RevertOutcome {
        if undo.action == .pause { return try await resume(undo.targets) }
        // A pod's sandbox first: its containers live in its namespaces and can't start without it.
        let waves = [undo.targets.filter(\.isSandbox), undo.targets.filter { !$0.isSandbox }]
        var restorations: [Restoration] = []
        for wave in waves where !wave.isEmpty { restorations += try await restore(wave, undo.action) }
        return RevertOutcome(restorations)
    }

    private func restore(_ pins: [ContainerPin], _ action: ContainerChange.Action) async throws(Problem) -> [Restoration] {
        let began = ContinuousClock.now
        var open = pins
        var restorations: [Restoration] = []
        while !open.isEmpty {
            let sights = try await lookPatiently(at: open, action)
            let waited = ContinuousClock.now - began
            let steps = zip(open, sights).map { (pin: $0, step: RestorationStep($0, $1, action, waited: waited)) }
            restorations += try await together(steps.filter { $0.step != .wait }) { [self] pin, step throws(Problem) in try await finish(pin, step) }
            open = steps.filter { $0.step == .wait }.map(\.pin)
            if !open.isEmpty { await pause() }
        }
        return restorations
    }

    private func finish(_ pin: ContainerPin, _ step: RestorationStep) async throws(Problem) -> Restoration {
        let restoration: Restoration
        if case .done(let done) = step { restoration = done } else { restoration = try await start(pin) }
        deeds.note(pin) { deed in
            switch restoration {
            case .started: deed.ending = .startedByFaultd
            case .dead: deed.ending = .gaveUp
            case .runs, .replaced, .changed: break
            }
        }
        return restoration
    }

    /// A runtime that the fault had stopped may still be starting.
    func lookPatiently(at pins: [ContainerPin], _ action: ContainerChange.Action) async throws(Problem) -> [Sight] {
        let end = ContinuousClock.now + patience
        while true {
            do throws(Problem) { return try await look(at: pins, after: action) } catch {
                guard ContinuousClock.now < end, !Task.isCancelled else { throw error }
            }
            await pause()
        }
    }

    private func pause() async { try? await Task.sleep(for: ContainerLimits.recheck) }

    // MARK: - starting

    /// `docker start`, and a look whether it runs.
    private func start(_ pin: ContainerPin) async throws(Problem) -> Restoration {
        let restoration = try await ask(pin.runtime) { [self] runtime throws(Problem) -> Restoration? in
            guard try await runtime.inspect(pin) != nil else { return nil }
            switch try await runtime.start(pin.id) {
            case .started: return try await verified(pin, runtime)
            case .gone: return nil
            case .refused(let reason): return try await refused(pin, reason)
            }
        }
        return restoration ?? .dead(drift: "\(pin.title) did not come back: it was removed, not by faultd, while it was being started")
    }

    private func verified(_ pin: ContainerPin, _ runtime: any ContainerRuntime) async throws(Problem) -> Restoration {
        guard let run = try await runtime.inspect(pin), run.isAlive else {
            return .dead(drift: "\(pin.title) was started again and ended at once, by itself")
        }
        if pin.isSupervised, let heir = try await heir(of: pin) {
            // The supervisor was quicker by a moment: two of a kind were never there before.
            try await runtime.kill(pin.id, isSandbox: pin.isSandbox, with: .kill)
            return .replaced(note: "\(pin.title) runs as \(heir.title)")
        }
        return .started(note: "started \(pin.title) again")
    }

    private func heir(of pin: ContainerPin) async throws(Problem) -> ContainerPin? {
        try await look(at: [pin], after: .keepRunning).first?.others.first.map { ContainerPin($0.container) }
    }

    /// What a supervisor keeps is the supervisor's to bring back; anything else is ours, and is tried again.
    private func refused(_ pin: ContainerPin, _ reason: String) async throws(Problem) -> Restoration {
        guard pin.isSupervised else { throw Problem(.hostFailure, "\(pin.runtime.rawValue) refused to start \(pin.title): \(reason)") }
        if let heir = try await heir(of: pin) { return .replaced(note: "\(pin.title) runs as \(heir.title)") }
        let why = "the kubelet has not replaced it yet, and \(pin.runtime.rawValue) refused to start it: \(reason)"
        return .dead(drift: "\(pin.title) did not come back: \(why)")
    }
}
