// What the live view knows; a value that inputs change and the screen is drawn from.
import FaultClient
import FaultModel

/// One look at the daemon.
struct Snapshot: Sendable {
    var faults: [FaultDocument]
    var node: NodeDocument?
    var kinds: [KindDocument]
}

struct WatchModel {
    enum Connection: Equatable {
        case opening, live
        case lost(String)
    }
    private(set) var connection = Connection.opening
    private(set) var faults: [FaultDocument] = []
    private(set) var node: NodeDocument?
    private(set) var kinds: [KindDocument] = []
    private(set) var events: [Event] = []
    /// When `faults` was right: what remains of a lease is counted on from there.
    private var seenAt: ContinuousClock.Instant?

    private static let eventsKept = 200
    /// How long a fault that ended is still shown.
    static let afterglow = Duration.seconds(60)

    mutating func take(_ snapshot: Snapshot, at now: ContinuousClock.Instant) {
        faults = FaultTable.sorted(snapshot.faults)
        node = snapshot.node ?? node
        kinds = snapshot.kinds.isEmpty ? kinds : snapshot.kinds
        seenAt = now
    }

    mutating func take(_ update: EventUpdate) {
        switch update {
        case .connected: connection = .live
        case .lost(let problem): connection = .lost(problem.detail)
        case .event(let event, _): events = (events + [event]).suffix(Self.eventsKept)
        }
    }

    /// Local arithmetic: nobody is asked for it.
    func remaining(_ fault: FaultDocument, at now: ContinuousClock.Instant) -> Duration {
        max(.zero, fault.lease.remaining.duration - (seenAt?.duration(to: now) ?? .zero))
    }

    /// Faults in force, and those that ended a moment ago.
    func shown(_ look: Look) -> [FaultDocument] {
        faults.filter { !$0.state.isFinal || look.now - ($0.reverted_at ?? $0.created_at) < Self.afterglow }
    }
}
