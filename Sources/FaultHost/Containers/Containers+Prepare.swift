// Pinning: which run of each container a fault means. Reads only.
import FaultModel

extension Containers {
    func prepare(_ change: ContainerChange, for fault: FaultID) async throws(Problem) -> ContainerUndo {
        let action = change.action
        try refuseImpossible(change)
        let pins = await together(change.targets) { [self] pin -> Result<ContainerPin?, Problem> in
            do throws(Problem) { return .success(try await pinned(pin, action)) } catch { return .failure(error) }
        }
        var undo = ContainerUndo(fault: fault, action: action, targets: [])
        var gone: [ContainerPin] = []
        for (target, result) in zip(change.targets, pins) {
            if let pin = try result.get() { undo.targets.append(pin) } else { gone.append(target) }
        }
        // What ended by itself a moment ago needs no keeping; to kill it is impossible.
        if case .keepRunning = action { return undo }
        guard gone.isEmpty else { throw Self.noLongerRunning(gone) }
        return undo
    }

    static func noLongerRunning(_ pins: [ContainerPin]) -> Problem {
        let names = pins.map(\.title).joined(separator: ", ")
        return Problem(.noMatch, "\(names): no longer running, so nothing was touched", hint: "list what runs and try again")
    }

    /// The run of this container now. Nil when no runtime of its kind knows it.
    func run(of pin: ContainerPin) async throws(Problem) -> ContainerRun? {
        try await ask(pin.runtime) { runtime throws(Problem) in try await runtime.inspect(pin) }
    }

    private func pinned(_ target: ContainerPin, _ action: ContainerChange.Action? = nil) async throws(Problem) -> ContainerPin? {
        guard let run = try await run(of: target), run.container.isRunning else { return nil }
        var pin = target
        pin.startedAt = run.startedAt
        pin.pid = run.pid
        pin.restartPolicy = run.container.restartPolicy
        pin.autoRemove = run.autoRemove
        if action != .keepRunning { try Self.refuseOwn(pin) }
        if case .signal = action { try Self.requireKillable(pin) }
        return pin
    }

    private func refuseImpossible(_ change: ContainerChange) throws(Problem) {
        switch change.action {
        case .keepRunning, .stop, .remove: return
        case .pause: try refusePause(change.targets)
        case .restart: try refuseRestart(change.targets)
        case .signal: try requireOwnPIDs(change.targets)
        case .apiKill(let signal):
            guard signal != .kill, let target = change.targets.first(where: { $0.runtime == .containerd || $0.runtime == .crio }) else { return }
            throw Problem(
                .impossible, "\(target.title): a CRI runtime's own kill knows no SIG\(signal.rawValue), only KILL", hint: "use method: signal")
        }
    }

    private func refusePause(_ targets: [ContainerPin]) throws(Problem) {
        guard let target = targets.first(where: \.runtime.speaksCRI) else { return }
        throw Problem(
            .impossible, "\(target.title) can't be paused: CRI, by which \(target.runtime.rawValue) is driven, knows no pause",
            hint: "process.pause with container=\(target.shortID) stops its processes")
    }

    private func refuseRestart(_ targets: [ContainerPin]) throws(Problem) {
        guard let target = targets.first(where: { $0.runtime.speaksCRI && !$0.isSupervised }) else { return }
        throw Problem(.impossible, "\(target.title) can't be restarted: CRI knows no restart, and no kubelet would make a new one")
    }

    /// These containers as they run now, for a mechanism that works on their processes.
    func pinned(_ targets: [ContainerPin]) async throws(Problem) -> [ContainerPin] {
        try requireOwnPIDs(targets)
        var pins: [ContainerPin] = []
        for target in targets {
            guard let pin = try await pinned(target) else { throw Self.noLongerRunning([target]) }
            pins.append(pin)
        }
        return pins
    }

    func requireOwnPIDs(_ pins: [ContainerPin]) throws(Problem) {
        for kind in Set(pins.map(\.runtime)) {
            for runtime in try runtimes(kind) { try PidNamespace.requireShared(withServerOf: runtime.socket) }
        }
    }

    /// A pid of 0 or 1, our own or one above us would hit the whole node, or the daemon that must undo the fault.
    static func requireKillable(_ pin: ContainerPin) throws(Problem) {
        guard pin.pid > 1 else {
            throw Problem(.hostFailure, "\(pin.title): \(pin.runtime.rawValue) tells no process of it (pid \(pin.pid))", hint: "use method: api")
        }
        try refuseOwn(pin)
    }

    /// Stopped, frozen or killed, it would take the daemon with it that must undo the fault.
    private static func refuseOwn(_ pin: ContainerPin) throws(Problem) {
        guard !ProcessTable.ownLine().contains(pin.pid) || pin.pid <= 1 else {
            throw Problem(.protectedTarget, "\(pin.title) is the container that faultd runs in")
        }
    }
}
