// What the program's exit code says.
import FaultClient
import FaultModel

/// Every exit code, also the error that a command throws to leave with it.
enum ExitStatus: Int32, Error, CaseIterable {
    case ok = 0
    case refused = 1
    case usage = 2
    case unreachable = 3
    case notFound = 4
    case notClean = 5

    var meaning: String {
        switch self {
        case .ok: "done as asked"
        case .refused: "the daemon refused or failed; the reason is on stderr"
        case .usage: "the command line is wrong"
        case .unreachable: "the daemon can't be reached"
        case .notFound: "no such fault or kind"
        case .notClean: "done, but something is stuck, left over, or did not come back"
        }
    }

    init(_ problem: Problem) {
        if problem.isUnreachable { self = .unreachable } else { self = problem.status == 404 ? .notFound : .refused }
    }
}
