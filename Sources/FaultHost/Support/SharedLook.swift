// A look at the node that is shared by all who wait for it.
import Synchronization

/// One look serves everybody who asks before it begins: each still sees a state that is not older than his question.
final class SharedLook<Sight: Sendable>: Sendable {
    private struct State {
        /// Begun: who asks now may want to see what it has passed by already.
        var running: Task<Sight, Never>?
        var next: Task<Sight, Never>?
    }
    private let state = Mutex(State())
    private let look: @Sendable () async -> Sight

    init(_ look: @escaping @Sendable () async -> Sight) { self.look = look }

    func sight() async -> Sight {
        let task = state.withLock { state in
            if let next = state.next { return next }
            let task = after(state.running)
            if state.running == nil { state.running = task } else { state.next = task }
            return task
        }
        return await task.value
    }

    private func after(_ before: Task<Sight, Never>?) -> Task<Sight, Never> {
        Task { [self] in
            if let before {
                _ = await before.value
                state.withLock { ($0.running, $0.next) = ($0.next, nil) }
            }
            let sight = await look()
            state.withLock { if $0.next == nil { $0.running = nil } }
            return sight
        }
    }
}
