// Killing, and proof that it worked.
import FaultModel

extension Containers {
    func apply(_ change: ContainerChange, undo: ContainerUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        let alive: Set<String>
        switch change.action {
        case .keepRunning: return Evidence()
        case .signal(let signal): alive = try await crash(undo.targets, signal)
        case .apiKill(let signal): alive = try await apiKill(undo.targets, signal)
        case .stop(let seconds): alive = try await stop(undo.targets, seconds)
        case .pause: return try await pause(undo.targets)
        case .restart(let seconds): return try await restart(undo, seconds)
        case .remove: return try await remove(undo)
        }
        return Evidence(containers: undo.targets.map { recovery($0, isAlive: alive.contains($0.runKey), change.action) })
    }

    private func recovery(_ pin: ContainerPin, isAlive: Bool, _ action: ContainerChange.Action) -> Evidence.Recovery {
        var recovery = Evidence.Recovery(pin: pin, outcome: isAlive ? .signalled : .waiting)
        recovery.killedAt = deeds[pin].killedAt
        recovery.note = isAlive ? "the signal was sent and it still runs" : Expectation.note(pin, action)
        return recovery
    }

    /// `kill -KILL` of each first process, all at the same moment. Returns the run keys of those that live on.
    private func crash(_ pins: [ContainerPin], _ signal: Signal) async throws(Problem) -> Set<String> {
        try requireOwnPIDs(pins)
        // Held first, confirmed then: the process we hold is the container's, or else the runtime tells another story by now.
        let held = try hold(pins)
        try await requireSameRuns(pins)
        for (pin, process) in zip(pins, held) {
            deeds.note(pin) { $0.killedAt = clock.now().wall }
            _ = try process.send(signal)
        }
        let left = await PidFD.waitForEnd(of: held, limit: signal.isFatal ? ContainerLimits.fatalEnd : ContainerLimits.otherEnd)
        let alive = pins.filter { pin in left.contains { $0.pid == pin.pid } }
        if signal.isFatal, let pin = alive.first { throw Self.survived(pin, signal, among: alive.count) }
        return Set(alive.map(\.runKey))
    }

    private func hold(_ pins: [ContainerPin]) throws(Problem) -> [PidFD] {
        var held: [PidFD] = []
        for pin in pins {
            try Self.requireKillable(pin)
            guard let process = try PidFD(pid: pin.pid) else { throw Self.noLongerRunning([pin]) }
            held.append(process)
        }
        return held
    }

    /// All or nothing: before the first signal, every container still is what was pinned.
    func requireSameRuns(_ pins: [ContainerPin]) async throws(Problem) {
        let same = try await together(pins) { [self] pin throws(Problem) -> Bool in
            guard let run = try await run(of: pin) else { return false }
            return run.isAlive && run.isSameRun(as: pin) && run.pid == pin.pid
        }
        let changed = zip(pins, same).filter { !$0.1 }.map(\.0)
        guard changed.isEmpty else { throw Self.noLongerRunning(changed) }
    }

    /// `docker kill`, or `crictl stop --timeout 0`.
    private func apiKill(_ pins: [ContainerPin], _ signal: Signal) async throws(Problem) -> Set<String> {
        try await end(pins) { runtime, pin throws(Problem) in try await runtime.kill(pin.id, isSandbox: pin.isSandbox, with: signal) }
        let alive = try await survivors(pins, limit: signal.isFatal ? ContainerLimits.fatalEnd : ContainerLimits.otherEnd)
        if signal.isFatal, let pin = alive.first { throw Self.survived(pin, signal, among: alive.count) }
        return Set(alive.map(\.runKey))
    }

    /// Those that the runtime still runs when the time is up.
    func survivors(_ pins: [ContainerPin], limit: Duration) async throws(Problem) -> [ContainerPin] {
        let end = ContinuousClock.now + limit
        var alive = pins
        while true {
            let runs = try await together(alive) { [self] pin throws(Problem) in try await run(of: pin) }
            alive = zip(alive, runs).filter { pin, run in run.map { $0.isAlive && $0.isSameRun(as: pin) } ?? false }.map(\.0)
            guard !alive.isEmpty, ContinuousClock.now < end, (try? await Task.sleep(for: ContainerLimits.recheck)) != nil else { return alive }
        }
    }

    private static func survived(_ pin: ContainerPin, _ signal: Signal, among count: Int) -> Problem {
        let others = count > 1 ? " (and \(count - 1) more)" : ""
        return Problem(.noEffect, "\(pin.title)\(others) still runs \(ContainerLimits.fatalEnd.text) after SIG\(signal.rawValue)")
    }
}
