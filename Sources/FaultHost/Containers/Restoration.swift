// How a container's undo goes on, from what is seen: a value from values.
import FaultModel

/// What to do next about one container.
enum RestorationStep: Sendable, Hashable {
    case done(Restoration)
    /// Its restart policy or its supervisor still has time.
    case wait
    case start
}

/// How it ended.
enum Restoration: Sendable, Hashable {
    /// It runs; with a note when it is another run than before.
    case runs(note: String?)
    case replaced(note: String)
    case started(note: String)
    /// It is there in another state than before; with whose doing that is.
    case changed(drift: String)
    /// It does not run, and is not ours to start; with whose it is.
    case dead(drift: String)
}

extension RestorationStep {
    /// - Parameter waited: since the revert began to look.
    init(_ pin: ContainerPin, _ sight: Sight, _ action: ContainerChange.Action, waited: Duration) {
        if let own = sight.own, own.isAlive {
            self = .done(Self.alive(pin, own))
        } else if let other = sight.others.first {
            self = .done(.replaced(note: "\(pin.title) runs as \(ContainerPin(other.container).title)"))
        } else if waited < Self.grace(pin, sight, action) {
            self = .wait
        } else {
            self = Self.dead(pin, sight, action)
        }
    }

    /// No fault hits a paused container; what a pause of ours left behind is undone elsewhere (`Containers+Pause`).
    private static func alive(_ pin: ContainerPin, _ own: ContainerRun) -> Restoration {
        if own.container.state == "paused" { return .changed(drift: "\(pin.title) is paused and was running: somebody else paused it") }
        return .runs(note: own.isSameRun(as: pin) ? nil : "\(pin.title) came back by itself")
    }

    /// How long others may take before faultd acts itself.
    static func grace(_ pin: ContainerPin, _ sight: Sight, _ action: ContainerChange.Action) -> Duration {
        if sight.own?.container.state == Sight.ending { return ContainerLimits.fatalEnd }
        if pin.isSupervised { return ContainerLimits.supervisorGrace }
        // Docker's policies do not act on what its own API killed.
        if action.isByHand { return .zero }
        return pin.hasRestartPolicy && sight.own != nil ? ContainerLimits.policyGrace : .zero
    }

    private static func dead(_ pin: ContainerPin, _ sight: Sight, _ action: ContainerChange.Action) -> RestorationStep {
        guard let own = sight.own else { return .done(.dead(drift: "\(pin.title) did not come back: \(reasonGone(pin, action))")) }
        // To keep it running, it does not matter when it ended.
        if action != .keepRunning, hasRunSince(own, pin) { return .done(.dead(drift: endedLater(own, pin))) }
        guard pin.canBeStarted else { return .done(.dead(drift: "\(pin.title) did not come back: \(reasonLeft(pin))")) }
        return .start
    }

    /// It was up again after the fault had killed it, so what ended it then was somebody else. While it waits for its restart policy
    /// it is not at rest, and starting it is what the policy would do.
    private static func hasRunSince(_ own: ContainerRun, _ pin: ContainerPin) -> Bool {
        own.startedAt != pin.startedAt && own.container.state != "restarting"
    }

    private static func endedLater(_ own: ContainerRun, _ pin: ContainerPin) -> String {
        let code = own.exitCode.map { " with exit code \($0)" } ?? ""
        return "\(pin.title) came back after the fault and ended again\(code), not by faultd: left as it is"
    }

    private static func reasonGone(_ pin: ContainerPin, _ action: ContainerChange.Action) -> String {
        if action == .remove { return "this fault removed it for good, and nothing has replaced it" }
        if pin.isSupervised { return "it was removed and its supervisor, the kubelet, has not replaced it yet" }
        return pin.autoRemove ? "\(pin.runtime.rawValue) removed it when it ended (--rm)" : "it was removed, not by faultd, and nothing replaced it"
    }

    private static func reasonLeft(_ pin: ContainerPin) -> String {
        if pin.isSupervised { return "its supervisor, the kubelet, has not replaced it yet" }
        return pin.autoRemove ? "\(pin.runtime.rawValue) is removing it (--rm)" : "\(pin.runtime.rawValue) can't start a container again"
    }
}

extension RevertOutcome {
    /// All of a fault's containers together.
    init(_ restorations: [Restoration]) {
        self.init(.alreadyGone)
        for restoration in restorations {
            switch restoration {
            case .runs(let note): notes += note.map { [$0] } ?? []
            case .replaced(let note):
                notes.append(note)
                result = result == .restored ? .restored : .superseded
            case .started(let note):
                notes.append(note)
                result = .restored
            case .changed(let what), .dead(let what):
                drift.append(what)
                result = result == .restored ? .restored : .superseded
            }
        }
    }
}
