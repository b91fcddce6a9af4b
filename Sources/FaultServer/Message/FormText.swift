// Form bodies and queries as pairs, within bounds that keep a hostile one from costing more than a refusal.
import FaultModel

enum FormText {
    /// Fields of one form or query.
    static let mostFields = 1024
    /// Names inside names, `spec.a.b`: each one is a level of recursion for whoever reads them.
    static let mostDots = 16

    static func parse(_ text: String, of what: String) throws(Problem) -> [(String, String)] {
        guard let fields = FormBody.parse(text) else {
            throw Problem(
                .badRequest, "\(what) is not percent-encoded UTF-8 text",
                hint: "write a literal % as %25; curl --data-urlencode 'name=…' does it for you")
        }
        guard fields.count <= mostFields else { throw Problem(.badRequest, "\(what) has more than \(mostFields) fields") }
        for (key, _) in fields where key.utf8.count > Limits.nameBytes || key.count(where: { $0 == "." }) > mostDots {
            throw Problem(.badRequest, "\(what) has a field whose name is too long: \(key.prefix(40))…")
        }
        return fields.map(unfold)
    }

    /// `label=team=edge` means what `label.team=edge` does, as everywhere else where people write labels.
    private static func unfold(_ field: (String, String)) -> (String, String) {
        let (key, value) = field
        let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard labelKeys.contains(key), parts.count == 2, !parts[0].isEmpty else { return field }
        return ("\(key).\(parts[0])", String(parts[1]))
    }

    private static let labelKeys: Set = ["label", "labels", "spec.label", "spec.labels"]
}
