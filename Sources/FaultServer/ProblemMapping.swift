// The one place where an error becomes what the caller is told.
import FaultModel
import Logging

extension Problem {
    /// What a caller may know of `error`; what it must not is logged.
    init(_ error: any Error, doing what: String, logger: Logger) {
        switch error {
        case let problem as Problem: self = problem
        case is CancellationError:
            self = Problem(.shuttingDown, "the daemon is stopping", hint: "what is in force is reverted; ask again when it is back")
        default:
            logger.error("unforeseen error", metadata: ["request": "\(what)", "error": "\(error)"])
            self = Problem(.internalError, "something went wrong in faultd that it has no words for", hint: "the daemon's log has the details")
        }
    }

    static var bodyTooLarge: Problem { Problem(.payloadTooLarge, "the body is larger than \(Limits.bodyBytes) bytes") }
}
