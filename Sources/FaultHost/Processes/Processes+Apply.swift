// Signals, and proof that they worked.
import FaultModel
import Glibc

extension Processes {
    func apply(_ change: ProcessChange, undo: ProcessUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        let held = try hold(undo.targets)
        switch change.action {
        case .pause:
            for process in held { _ = try process.send(SIGSTOP, "STOP") }
            try await requireStopped(undo.targets)
            return Evidence(observations: undo.targets.map { .init($0.subject, "stopped") }, drift: [])
        case .signal(let signal):
            for process in held { _ = try process.send(signal) }
            return try await ended(undo.targets, held, signal)
        }
    }

    /// All or nothing: held first, confirmed then. What we hold is what was pinned, or else its number is another's by now.
    private func hold(_ pins: [ProcessPin]) throws(Problem) -> [PidFD] {
        var held: [PidFD] = []
        for pin in pins {
            let process = try PidFD(pid: pin.pid)
            try Self.requireTouchable(pin, try Self.present(pin))
            if let process { held.append(process) }
        }
        return held
    }

    private func requireStopped(_ pins: [ProcessPin]) async throws(Problem) {
        let left = await Self.waiting(for: pins, limit: Self.settleLimit) { $0.isStopped || !$0.isLive }
        guard let pin = left.first else { return }
        throw Problem(.noEffect, "process \(pin.title) goes on \(Self.settleLimit.text) after SIGSTOP", hint: "does it wait for a disk (state D)?")
    }

    private func ended(_ pins: [ProcessPin], _ held: [PidFD], _ signal: Signal) async throws(Problem) -> Evidence {
        let alive = await PidFD.waitForEnd(of: held, limit: signal.isFatal ? Self.fatalEnd : Self.otherEnd).map(\.pid)
        if signal.isFatal, let pin = pins.first(where: { alive.contains($0.pid) }) {
            throw Problem(
                .noEffect, "process \(pin.title) still runs \(Self.fatalEnd.text) after SIGKILL", hint: "does it wait for a disk (state D)?")
        }
        return Evidence(
            observations: pins.map {
                .init($0.subject, alive.contains($0.pid) ? "got SIG\(signal.rawValue) and still runs" : "ended by SIG\(signal.rawValue)")
            })
    }

    /// Looks and sleeps in turn, since the kernel tells nobody but a parent that a process has stopped; returns those that are not so in time.
    static func waiting(for pins: [ProcessPin], limit: Duration, _ isSo: (ProcessTable.Stat) -> Bool) async -> [ProcessPin] {
        let end = ContinuousClock.now + limit
        var pause = Duration.milliseconds(1)
        var left = pins
        while true {
            left = left.filter { pin in
                guard let stat = ProcessTable.stat(pin.pid), stat.startTicks == pin.startTicks else { return false }
                return !isSo(stat)
            }
            guard !left.isEmpty, ContinuousClock.now < end, (try? await Task.sleep(for: pause)) != nil else { return left }
            pause = min(pause * 2, .milliseconds(20))
        }
    }
}

extension ProcessPin {
    /// In evidence.
    var subject: String { "process \(title)" }
}
