// A time limit round every call to a runtime, and many calls at once.
import FaultModel

/// Does `work`, and gives up after `limit`. Whatever is thrown leaves as a problem that says what was being done.
///
/// - Parameter doing: such as `list docker's containers`.
func within<T: Sendable>(_ limit: Duration, _ doing: String, _ work: @escaping @Sendable () async throws -> T) async throws(Problem) -> T {
    do {
        return try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask(operation: work)
            group.addTask {
                try await Task.sleep(for: limit)
                throw Problem(.timedOut, "could not \(doing): no answer within \(limit.text)")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    } catch let problem as Problem {
        throw problem
    } catch {
        throw Problem(.hostFailure, "could not \(doing): \(error)")
    }
}

/// `transform` of every item, some at a time, in the items' order.
func together<T: Sendable, R: Sendable>(
    _ items: [T], _ transform: @escaping @Sendable (T) async -> R
) async -> [R] {
    await withTaskGroup(of: (Int, R).self) { group in
        var next = 0
        var results = [R?](repeating: nil, count: items.count)
        func add() {
            guard next < items.count else { return }
            let (index, item) = (next, items[next])
            next += 1
            group.addTask { (index, await transform(item)) }
        }
        for _ in 0..<ContainerLimits.parallelCalls { add() }
        while let (index, result) = await group.next() {
            results[index] = result
            add()
        }
        return results.compactMap { $0 }
    }
}

/// The same where each may fail; the first failure is thrown once all are through.
func together<T: Sendable, R: Sendable>(
    _ items: [T], _ transform: @escaping @Sendable (T) async throws(Problem) -> R
) async throws(Problem) -> [R] {
    let results = await together(items) { item -> Result<R, Problem> in
        do throws(Problem) { return .success(try await transform(item)) } catch { return .failure(error) }
    }
    var values: [R] = []
    for result in results { values.append(try result.get()) }
    return values
}
