// One line before a call and one after it, at level debug.
import FaultModel
import Logging

struct CallLog: Sendable {
    let who: String
    let logger: Logger

    /// - Parameter what: the call in words, such as `apply packets`.
    func tell<T: Sendable>(
        _ what: String, _ fault: FaultID? = nil, _ call: () async throws(Problem) -> T
    ) async throws(Problem) -> T {
        let about: Logger.Metadata = fault.map { ["fault": "\($0)"] } ?? [:]
        logger.debug("\(who): \(what)", metadata: about)
        do throws(Problem) {
            let result = try await call()
            logger.debug("\(who): \(what), done", metadata: about)
            return result
        } catch {
            logger.debug("\(who): \(what), failed: \(error)", metadata: about)
            throw error
        }
    }
}
