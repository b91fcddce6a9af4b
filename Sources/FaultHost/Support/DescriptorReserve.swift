// File descriptors that are kept for reverts: whoever uses up all the others, an undo finds some.
import CLinux
import FaultModel
import Glibc
import Synchronization

/// Holds descriptors of /dev/null, and gives them up while somebody who needs some would find none. Made early, they have low numbers: that
/// helps also when the limit is lowered below what is open.
final class DescriptorReserve: Sendable {
    private struct State {
        var held: [Int32] = []
        var borrowers = 0
    }
    /// The lock of the tables, a raw socket, files in /proc, connections to two runtimes; and as much again for a second revert.
    private static let count = 32
    /// With fewer than these free, a revert could fail.
    private static let enough = 6
    private let state = Mutex(State())

    init() { state.withLock { Self.fill(&$0) } }

    deinit { state.withLock { Self.empty(&$0) } }

    /// Does `work`; where descriptors are short, with the reserve free for it.
    func lend<T>(for work: () async throws(Problem) -> T) async throws(Problem) -> T {
        guard begin() else { return try await work() }
        defer { end() }
        return try await work()
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard state.borrowers > 0 || Self.isShort() else { return false }
            state.borrowers += 1
            Self.empty(&state)
            return true
        }
    }

    private func end() {
        state.withLock { state in
            state.borrowers -= 1
            if state.borrowers == 0 { Self.fill(&state) }
        }
    }

    private static func isShort() -> Bool {
        var taken: [Int32] = []
        defer { for file in taken { close(file) } }
        while taken.count < enough {
            guard let file = spare() else { return true }
            taken.append(file)
        }
        return false
    }

    private static func fill(_ state: inout State) {
        while state.held.count < count, let file = spare() { state.held.append(file) }
    }

    private static func empty(_ state: inout State) {
        for file in state.held { close(file) }
        state.held = []
    }

    private static func spare() -> Int32? {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return file >= 0 ? file : nil
    }
}
