// Waiting for work that goes on whether anybody waits or not.

/// Runs `work` to its end, but waits for it only until the caller's task is cancelled.
///
/// What was asked of the engine must not be cut short half-way because a connection was closed, and a server that stops can't wait for a
/// verb that takes longer than it may: hence the task of its own.
func waitUnlessCancelled<T: Sendable>(for work: @escaping @Sendable () async throws -> T) async throws -> T {
    let (results, result) = AsyncStream.makeStream(of: Result<T, any Error>.self)
    // At once, on this thread, until it first waits: whatever is handed to another thread costs a wake-up.
    Task.immediate {
        do { result.yield(.success(try await work())) } catch { result.yield(.failure(error)) }
    }
    guard let first = await results.first(where: { _ in true }) else { throw CancellationError() }
    return try first.get()
}
