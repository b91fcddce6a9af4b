// A time limit for work that can't be cut short.
import FaultModel

extension DedicatedThread {
    /// Does `work` on the thread and returns its result, or throws once `limit` is over. The work goes on then, before whatever is asked later.
    ///
    /// - Parameter doing: such as `edit packet rules`.
    func run<T: Sendable>(
        urgent: Bool = false, within limit: Duration, _ doing: String, _ work: @escaping @Sendable () throws(Problem) -> T
    ) async throws(Problem) -> T {
        let (answers, mailbox) = AsyncStream.makeStream(of: Result<T, Problem>.self)
        // Not a task group, which would wait for both.
        Task { mailbox.yield(await run(urgent: urgent) { () throws(Never) in Result { () throws(Problem) in try work() } }) }
        let pause = Task {
            try await Task.sleep(for: limit)
            mailbox.yield(.failure(Problem(.timedOut, "could not \(doing): no answer within \(limit.text)")))
        }
        defer { pause.cancel() }
        guard let answer = await answers.first(where: { _ in true }) else {
            throw Problem(.timedOut, "could not \(doing): the caller gave up")
        }
        return try answer.get()
    }
}
