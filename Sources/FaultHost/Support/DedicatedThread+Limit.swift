// A time limit for work that can't be cut short.
import FaultModel

extension DedicatedThread {
    /// Does `work` on the thread and returns its result, or throws once `limit` is over. The work goes on then, before whatever is asked later.
    ///
    /// - Parameter doing: such as `edit packet rules`.
    func run<T: Sendable>(
        urgent: Bool = false, within limit: Duration, _ doing: String, _ work: @escaping @Sendable () throws(Problem) -> T
    ) async throws(Problem) -> T {
        try await answer(within: limit, doing) { answer in
            post(urgent: urgent) { answer.give(Result { () throws(Problem) in try work() }) }
        }
    }

    /// Returns what is answered to what `begin` asks for, or throws once `limit` is over.
    func answer<T: Sendable>(
        within limit: Duration, _ doing: String, _ begin: (FirstAnswer<Result<T, Problem>>) -> Void
    ) async throws(Problem) -> T {
        let answer = FirstAnswer<Result<T, Problem>>()
        begin(answer)
        let complain = { @Sendable (why: String) in answer.give(.failure(Problem(.timedOut, "could not \(doing): \(why)"))) }
        let watch = TimeLimits.shared.watch(limit) { complain("no answer within \(limit.text)") }
        defer { TimeLimits.shared.end(watch) }
        return try await withTaskCancellationHandler {
            await answer.value()
        } onCancel: {
            complain("the caller gave up")
        }.get()
    }
}
