// Ids that are shortened: which fault is meant.
public import FaultModel

extension FaultClient {
    /// The least that may be left of an id.
    public static let shortestFragment = 4
    /// Faults asked for at once, and pages at most: more than a daemon keeps.
    private static let page = 1000
    private static let pages = 20

    /// Whether this could be a part of an id.
    public static func isFragment(_ text: String) -> Bool {
        (shortestFragment...26).contains(text.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// The one fault whose id starts or ends with `fragment`, in either case of letters. More than one is an error that names them.
    public func find(_ fragment: String) async throws(Problem) -> FaultID {
        if let id = FaultID(fragment) { return id }
        guard Self.isFragment(fragment) else {
            throw Problem(.badRequest, "'\(fragment)' is no fault id, nor \(Self.shortestFragment) or more characters from its start or end")
        }
        return try Self.choose(fragment, among: await known())
    }

    /// What choosing needs of a fault.
    struct Known: Codable, Sendable, Hashable {
        var id: FaultID
        var kind: String
        var state: FaultState
    }

    static func choose(_ fragment: String, among faults: [Known]) throws(Problem) -> FaultID {
        let wanted = fragment.uppercased()
        let found = faults.filter { $0.id.text.hasPrefix(wanted) || $0.id.text.hasSuffix(wanted) }
        guard let first = found.first else {
            throw Problem(.notFound, "no fault's id starts or ends with \(wanted)", hint: "`faultctl list --all` shows all faults")
        }
        guard found.count == 1 else {
            throw Problem(
                .conflict, "\(wanted) could be any of \(found.count) faults", hint: "give more characters of the id, from its start or its end",
                errors: found.map { .init($0.id.text, "\($0.kind), \($0.state.rawValue)") })
        }
        return first.id
    }

    private func known() async throws(Problem) -> [Known] {
        var faults: [Known] = []
        var query = HistoryQuery()
        query.limit = Self.page
        for _ in 0..<Self.pages {
            let answer: Answer<ListDocument<Known>> = try await send(Call(path: "/v1/faults", query: query.fields(paged: true)))
            faults += answer.items
            guard let next = answer.next.flatMap({ FaultID($0) }) else { break }
            query.after = next
        }
        return faults
    }
}
