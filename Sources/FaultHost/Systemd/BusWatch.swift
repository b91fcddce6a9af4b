// Waiting for changes of objects.

/// Who wants to know when which objects change.
struct WatchBook {
    private struct Watcher {
        let paths: Set<String>
        let ticks: AsyncStream<Void>.Continuation
    }
    private var watchers: [UInt64: Watcher] = [:]
    private var lastID: UInt64 = 0

    mutating func add(_ paths: Set<String>, _ ticks: AsyncStream<Void>.Continuation) -> UInt64 {
        lastID += 1
        watchers[lastID] = Watcher(paths: paths, ticks: ticks)
        return lastID
    }

    mutating func remove(_ id: UInt64) { watchers[id] = nil }

    func changed(_ path: String) { for watcher in watchers.values where watcher.paths.contains(path) { watcher.ticks.yield() } }
    func changedSomewhere() { for watcher in watchers.values { watcher.ticks.yield() } }
}

extension Bus {
    /// A tick at once, and whenever one of these objects may have changed; several changes may come as one tick.
    func changes(of paths: Set<String>) -> AsyncStream<Void> {
        let (stream, ticks) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = watchers.add(paths, ticks)
        ticks.onTermination = { [weak self] _ in Task { await self?.forget(id) } }
        ticks.yield()
        return stream
    }

    /// Makes everybody who waits for changes look again.
    func nudge() { watchers.changedSomewhere() }

    private func forget(_ id: UInt64) { watchers.remove(id) }
}
