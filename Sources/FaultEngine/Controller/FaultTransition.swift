// The life of a fault as a pure function: a state and an event give the next state and what to do.
import FaultModel

enum FaultTransition {
    enum Event: Equatable {
        /// Every change is in force and verified.
        case applied
        /// Somebody or something wants it to end, or it could not be applied whole.
        case endWanted
        /// Every undo is done.
        case undone
        /// At least one undo is not.
        case undoFailed
    }

    enum Action: Equatable {
        case nothing
        case revert
        /// Wait a while, then revert again.
        case retryRevert
        case close
    }

    /// The next state and action, or nil: the event has no meaning in that state.
    static func next(_ state: FaultState, on event: Event, failed: Bool) -> (FaultState, Action)? {
        switch (state, event) {
        case (.applying, .applied): (.active, .nothing)
        case (.applying, .endWanted), (.active, .endWanted): (.reverting, .revert)
        case (.reverting, .endWanted): (.reverting, .nothing)
        case (.stuck, .endWanted): (.stuck, .retryRevert)
        case (.reverting, .undone), (.stuck, .undone): (failed ? .failed : .reverted, .close)
        case (.reverting, .undoFailed), (.stuck, .undoFailed): (.stuck, .retryRevert)
        case (.reverted, .endWanted), (.failed, .endWanted): (state, .nothing)
        case (.active, .applied), (.applying, .undone), (.applying, .undoFailed), (.active, .undone), (.active, .undoFailed),
            (.reverting, .applied), (.stuck, .applied), (.reverted, _), (.failed, _):
            nil
        }
    }

    /// How long to wait before the next attempt to revert: 0.5 s, doubling, at most 30 s, for ever.
    static func backOff(attempt: Int) -> Duration { .milliseconds(min(30_000, 500 << min(max(attempt - 1, 0), 6))) }
}
