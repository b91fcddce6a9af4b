// Watching containers come back.
import FaultModel

extension Containers {
    /// What became of each container by now. Of containers that are only to be kept running, those that went down are told.
    func observe(_ undo: ContainerUndo) async throws(Problem) -> Evidence {
        if undo.action == .pause { return try await pauses(undo.targets) }
        let told = try await judge(undo).map(\.recovery).filter { recovery in
            if case .keepRunning = undo.action { return recovery.outcome != .signalled }
            return true
        }
        return told.isEmpty ? Evidence() : Evidence(containers: told)
    }

    /// News of each container as it comes back, until all have or the consumer stops.
    func follow(_ undo: ContainerUndo) -> AsyncStream<Evidence>? {
        if undo.action == .keepRunning || undo.action == .pause { return nil }
        return AsyncStream { continuation in
            let task = Task {
                await watch(undo) { continuation.yield($0) }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    func judge(_ undo: ContainerUndo) async throws(Problem) -> [Judgement] {
        let sights = try await look(at: undo.targets, after: undo.action)
        return zip(undo.targets, sights).map { Judgement($0, $1, deeds[$0], undo.action) }
    }

    private func watch(_ undo: ContainerUndo, _ tell: (Evidence) -> Void) async {
        var told: [Evidence.Recovery] = []
        for await _ in changes(of: Set(undo.targets.map(\.runtime))) {
            guard let judgements = await judgePatiently(undo) else { return }
            let now = judgements.map(\.recovery)
            let news = now.filter { !told.contains($0) }
            if !news.isEmpty { tell(Evidence(containers: news)) }
            told = now
            if judgements.allSatisfy(\.isSettled) { return }
        }
    }

    /// A tick that finds the runtime silent is not lost: it looks until there is an answer. Nil when the consumer has stopped.
    private func judgePatiently(_ undo: ContainerUndo) async -> [Judgement]? {
        while !Task.isCancelled {
            do throws(Problem) { return try await judge(undo) } catch { try? await Task.sleep(for: ContainerLimits.slowestPoll) }
        }
        return nil
    }

    /// The ticks of all runtimes concerned, as one stream.
    private func changes(of kinds: Set<Runtime>) -> AsyncStream<Void> {
        let sources = watchable.filter { kinds.contains($0.kind) }
        return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                await withDiscardingTaskGroup { group in
                    for source in sources {
                        group.addTask { for await _ in source.changes() { continuation.yield() } }
                    }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
