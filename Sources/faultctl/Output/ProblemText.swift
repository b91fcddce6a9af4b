// A problem as a person reads it on stderr.
import FaultModel

enum ProblemText {
    /// `error: sentence`, every bad field on a line of its own, then what to do.
    static func lines(_ problem: Problem) -> [Styled] {
        var lines: [Styled] = ["\("error:", .alarm) \(sentence(problem))"]
        let errors = problem.errors ?? []
        // One bad field is the sentence already.
        if errors.count > 1 || errors.first.map({ !problem.detail.contains($0.message) }) ?? false {
            lines += errors.map { "  \($0.field, .bold): \($0.message)" }
        }
        if let hint = problem.hint { lines.append("\("hint:", .accent) \(commands(hint))") }
        return lines
    }

    /// Routes that a hint names, as the commands that ask for them.
    private static func commands(_ hint: String) -> String {
        hint.replacing(/GET \/v1\/targets\/([a-z]+)/) { "`faultctl targets \($0.1)`" }.replacing("GET /v1/kinds ", with: "`faultctl kinds` ")
    }

    /// With several bad fields the first is not told twice.
    private static func sentence(_ problem: Problem) -> String {
        let errors = problem.errors ?? []
        guard errors.count > 1, let first = errors.first, problem.detail.hasPrefix("\(first.field) \(first.message)") else { return problem.detail }
        return "\(errors.count) fields are wrong:"
    }
}
