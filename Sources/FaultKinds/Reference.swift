// The reference of the kinds as Markdown: docs/kinds is made of it, and a test keeps it current.
public import FaultModel

public enum Reference {
    /// The page of one kind.
    public static func page(_ kind: any FaultKind) -> String {
        let manual = kind.manual
        let facts = [
            ("What is touched", manual.touches), ("What undoes it", manual.undo), ("Without the daemon", manual.backstop),
            ("What happens next", manual.next), ("Needs", kind.requires.map { "`\($0.rawValue)`" }.joined(separator: ", ")),
        ].map { "**\($0.0).** \($0.1)" }
        let examples = kind.examples.map { example(KindDocument.Example($0, kind: kind)) }
        let parts = ["# \(kind.name)", kind.summary + ".", kind.details] + facts + ["## Fields", fields(kind), "## Examples"] + examples
        return note + parts.joined(separator: "\n\n") + "\n"
    }

    /// The list of all, by the first word of their names.
    public static func index(_ kinds: [any FaultKind]) -> String {
        var areas: [String] = []
        for area in kinds.map({ area(of: $0) }) where !areas.contains(area) { areas.append(area) }
        let tables = areas.map { area in
            let rows = kinds.filter { self.area(of: $0) == area }.map { "| [\($0.name)](\($0.name).md) | \(cell($0.summary)) |" }
            return "## \(area)\n\n| kind | what it does |\n|---|---|\n" + rows.joined(separator: "\n")
        }
        let head =
            "# Kinds of fault\n\n\(kinds.count) kinds. On a node, `faultctl kinds` lists them with what that node lacks, and `faultctl kinds NAME` tells of one."
        return note + ([head] + tables).joined(separator: "\n\n") + "\n"
    }

    private static let note = "<!-- Made from the catalogue by `make docs`; do not edit. -->\n\n"

    private static func area(of kind: any FaultKind) -> String { String(kind.name.prefix { $0 != "." }) }

    private static func fields(_ kind: any FaultKind) -> String {
        let rows = SchemaField.all(of: kind.fields.objectSchema).map { field in
            let fallback = field.isRequired ? "required" : field.fallback.map { "`\($0)`" } ?? ""
            return "| `\(field.name)` | \(cell(field.type)) | \(cell(fallback)) | \(cell(field.doc)) |"
        }
        return "| field | value | if left out | meaning |\n|---|---|---|---|\n" + rows.joined(separator: "\n")
    }

    private static func example(_ example: KindDocument.Example) -> String {
        "\(example.title):\n\n```sh\n\(example.faultctl)\n\(example.curl)\n```"
    }

    /// A bar would end the cell.
    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
