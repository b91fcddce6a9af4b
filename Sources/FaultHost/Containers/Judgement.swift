// What became of one container, from what is seen: a value from values.
import FaultModel

struct Judgement: Sendable, Hashable {
    var recovery: Evidence.Recovery
    /// Nothing more can come: it runs again, and is healthy where that is known.
    var isSettled: Bool

    init(_ pin: ContainerPin, _ sight: Sight, _ deed: Deeds.Deed, _ action: ContainerChange.Action) {
        recovery = .init(pin: pin, outcome: .waiting)
        recovery.killedAt = deed.killedAt ?? Self.end(of: pin, sight.own)
        isSettled = false
        if let own = sight.own, own.isAlive {
            if own.isSameRun(as: pin) {
                recovery.outcome = .signalled
            } else {
                runsAgain(as: own, deed.ending == .startedByFaultd ? .startedByFaultd : .restarted)
            }
        } else if let heir = sight.others.first(where: { isLater($0, than: pin) }) {
            (recovery.newID, recovery.newName) = (heir.container.id, heir.container.name)
            runsAgain(as: heir, .replaced)
        } else {
            if deed.ending == .gaveUp { recovery.outcome = .didNotComeBack }
            recovery.note = Expectation.note(pin, action)
        }
    }

    /// A container that was there beside it before is not its successor.
    private func isLater(_ other: ContainerRun, than pin: ContainerPin) -> Bool {
        guard let created = other.container.createdAt, let before = recovery.killedAt ?? pin.startTime else { return true }
        return created >= before
    }

    private mutating func runsAgain(as run: ContainerRun, _ outcome: Evidence.Recovery.Outcome) {
        recovery.outcome = outcome
        recovery.relaunchedAt = run.startTime
        recovery.relaunchTime = Self.span(recovery.killedAt, run.startTime)
        switch run.health {
        case nil: isSettled = true
        case .healthy(let since)?:
            recovery.readyTime = Self.span(recovery.killedAt, since)
            isSettled = true
        case .starting?: recovery.note = "runs, not yet healthy"
        case .unhealthy?: recovery.note = "runs, unhealthy"
        }
    }

    /// When the pinned run ended, as the runtime tells; of a container that runs again it tells the end of the run before.
    private static func end(of pin: ContainerPin, _ own: ContainerRun?) -> Timestamp? {
        guard let own, let end = own.endTime, let start = pin.startTime, end >= start else { return nil }
        return own.isSameRun(as: pin) && own.isAlive ? nil : end
    }

    /// Nil when the wall clock was set back in between.
    private static func span(_ from: Timestamp?, _ to: Timestamp?) -> TextDuration? {
        guard let from, let to, to >= from else { return nil }
        return TextDuration(to - from)
    }
}

extension ContainerPin {
    /// `startedAt` as a time: RFC 3339 from Docker, nanoseconds from CRI.
    var startTime: Timestamp? { Int64(startedAt).map { Timestamp(nanoseconds: $0) } ?? Timestamp(runtime: startedAt) }
}
