// Kinds of fault: which there are, and how one is used.
import FaultModel

enum KindText {
    static func table(_ kinds: [KindDocument], _ look: Look) -> [Styled] {
        var table = Table(.init("KIND"), .init("HERE"), .init("WHAT IT DOES", least: 20))
        for kind in kinds { table.add(Styled(kind.name, .bold), kind.available ? Styled("yes", .good) : Styled("no", .bad), Styled(kind.summary)) }
        var page = Page()
        for kind in kinds { page.add(kind.name, kind.unavailable.map { Styled($0, .warn) }) }
        let missing = page.lines(width: look.width)
        return table.lines(width: look.width) + (missing.isEmpty ? [] : ["", Styled("Not on this node:", .bold)] + missing)
    }

    static func page(_ kind: KindDocument, _ look: Look) -> [Styled] {
        let width = look.width.map { $0 - 2 }
        var lines: [Styled] = ["\(kind.name, .bold): \(kind.summary)"]
        if let why = kind.unavailable {
            let sentence: Styled = "\("Not on this node:", .bad) \(why)"
            lines += sentence.wrapped(to: look.width)
        }
        lines += [""] + Styled(kind.description).wrapped(to: look.width) + [""] + backstop(kind.backstop).wrapped(to: look.width)
        lines += manual(kind.manual).flatMap { [""] + $0.wrapped(to: look.width) }
        lines += ["", Styled("Fields", .bold)] + fields(kind.schema).lines(width: width).map { "  " + $0 }
        guard !kind.examples.isEmpty else { return lines }
        return lines + ["", Styled("Examples", .bold)] + kind.examples.flatMap { ["  \($0.title, .dim)", "    \($0.faultctl, .accent)"] as [Styled] }
    }

    private static func manual(_ manual: KindManual) -> [Styled] {
        [("Touches", manual.touches), ("Undo", manual.undo), ("Next", manual.next)].map { "\($0.0, .bold)  \($0.1)" as Styled }
    }

    private static func backstop(_ outlook: BackstopOutlook) -> Styled {
        "\("Backstop", .bold)  \(outlook.by.map { "\($0): " } ?? "", .good)\(outlook.detail, outlook.by == nil ? .warn : nil)"
    }

    private static func fields(_ schema: JSONValue) -> Page {
        var page = Page()
        for field in SchemaField.all(of: schema) {
            let fallback = field.fallback.map { ", \($0) if left out" } ?? ""
            let must = field.isRequired ? ", \(Styled("required", .warn))" as Styled : ""
            page.add(field.name, ["\(field.type, .accent)\(fallback)\(must)", Styled(field.doc)])
        }
        return page
    }
}
