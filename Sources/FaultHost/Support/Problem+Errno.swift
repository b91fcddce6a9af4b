// What a failed system call says.
import FaultModel
import Glibc

extension Problem {
    /// - Parameter doing: what was being done, such as `open /run/xtables.lock`.
    static func system(_ doing: String, errno code: Int32, hint: String? = nil) -> Problem {
        Problem(.hostFailure, "could not \(doing): \(String(cString: strerror(code)))", hint: hint)
    }
}
