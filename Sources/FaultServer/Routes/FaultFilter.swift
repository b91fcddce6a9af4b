// Which faults are meant: the query parameters of the list, and of reverting many.
import FaultModel

enum FaultFilter {
    /// Entries of one page.
    static let mostPerPage = 1000

    private static let state = Field<[FaultState]>("state", "Only faults in one of these states.")
    private static let kind = Field<String>("kind", "Only faults of this kind.")
    private static let labels = Field<StringMap>("label", "Only faults with this label, as key=value; repeat it for more.")
    private static let after = Field<String>("after", "Only faults older than this one: the last of the page before.")
    private static let limit = Field<Int>(
        "limit", default: 100, "How many to answer with.",
        check: { (1...mostPerPage).contains($0) ? nil : "must be from 1 to \(mostPerPage)" })

    /// The filters of `GET /v1/faults`.
    static func page(_ call: Call) throws(Problem) -> HistoryQuery {
        try call.readQuery { reader in
            var query = conditions(&reader)
            query.limit = reader.read(limit) ?? query.limit
            if let text = reader.read(after) {
                query.after = FaultID(text)
                if query.after == nil { reader.refuse("after", "must be the id of a fault, such as the `next` of the page before") }
            }
            return query
        }
    }

    /// The filters of `DELETE /v1/faults`, which has no pages: a revert that stopped at a limit would look like one of everything.
    static func all(_ call: Call) throws(Problem) -> HistoryQuery {
        try call.readQuery { reader in
            var query = conditions(&reader)
            query.limit = mostPerPage
            return query
        }
    }

    private static func conditions(_ reader: inout SpecReader) -> HistoryQuery {
        var query = HistoryQuery()
        query.states = reader.read(state) ?? []
        query.kind = reader.read(kind)
        query.labels = reader.read(labels)?.values ?? [:]
        return query
    }
}
