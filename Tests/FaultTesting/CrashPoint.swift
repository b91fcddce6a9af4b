// Stops the daemon at its n-th call into the host or the journal, as a SIGKILL there would.
import FaultModel
import Synchronization

/// Counts calls. From the n-th on nothing has an effect any more, and every call fails.
public final class CrashPoint: Sendable {
    public enum Side: Sendable, CaseIterable {
        /// The call never reached the other side.
        case before
        /// The call had its effect, and nobody lived to hear of it.
        case after
    }
    private let left: Mutex<Int>
    private let side: Mutex<Side>

    /// - Parameter call: which call is the last; nil is never.
    public init(at call: Int?, side: Side = .before) {
        left = Mutex(call ?? .max)
        self.side = Mutex(side)
    }

    /// From now on: the n-th call is the last.
    public func set(at call: Int, side: Side) {
        self.side.withLock { $0 = side }
        left.withLock { $0 = call }
    }

    public var hasCrashed: Bool { left.withLock { $0 <= 0 } }

    /// Does `work`, unless the daemon is dead or dies before it.
    func call<T>(_ work: () throws(Problem) -> T) throws(Problem) -> T {
        let number = left.withLock { left in
            left -= left == .max ? 0 : 1
            return left
        }
        if number < 0 || (number == 0 && side.withLock({ $0 }) == .before) { throw Self.dead }
        let result = try work()
        if number == 0 { throw Self.dead }
        return result
    }

    private static var dead: Problem { Problem(.internalError, "killed by the test") }
}
