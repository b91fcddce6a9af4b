// Faults: make, look up, wait for, prolong, end.
public import FaultModel

extension FaultClient {
    /// Injects what the fields of a form ask for, as curl's `-d` would send them; returns once it is in force.
    public func create(form fields: [(String, String)], idempotencyKey: String? = nil) async throws(Problem) -> Answer<FaultDocument> {
        try await create(.form(fields), idempotencyKey)
    }

    /// Injects a request; returns once it is in force.
    public func create(_ request: FaultRequest, idempotencyKey: String? = nil) async throws(Problem) -> Answer<FaultDocument> {
        try await create(.json(request.body), idempotencyKey)
    }

    private func create(_ body: Call.Body, _ key: String?) async throws(Problem) -> Answer<FaultDocument> {
        let headers = key.map { [("idempotency-key", $0)] } ?? []
        return try await send(Call(method: .post, path: "/v1/faults", headers: headers, body: body, patience: Bounds.change))
    }

    /// What would be done; touches nothing.
    public func plan(form fields: [(String, String)]) async throws(Problem) -> Answer<PlanDocument> { try await plan(.form(fields)) }

    /// What would be done; touches nothing.
    public func plan(_ request: FaultRequest) async throws(Problem) -> Answer<PlanDocument> { try await plan(.json(request.body)) }

    private func plan(_ body: Call.Body) async throws(Problem) -> Answer<PlanDocument> {
        try await send(Call(method: .post, path: "/v1/faults", query: [("dry_run", "true")], body: body))
    }

    /// One page, newest first. `next` of the answer is what to pass as `after` for the page behind it.
    public func faults(_ query: HistoryQuery = HistoryQuery()) async throws(Problem) -> Answer<ListDocument<FaultDocument>> {
        try await send(Call(path: "/v1/faults", query: query.fields(paged: true)))
    }

    public func fault(_ id: FaultID) async throws(Problem) -> Answer<FaultDocument> { try await send(Call(path: path(id))) }

    /// Holds until the fault is in `state`, and returns it as it stands at the timeout otherwise.
    public func wait(_ id: FaultID, for state: FaultState, timeout: Duration) async throws(Problem) -> Answer<FaultDocument> {
        let query = [("wait", state.rawValue), ("timeout", timeout.text)]
        return try await send(Call(path: path(id), query: query, patience: timeout + Bounds.read))
    }

    /// A new lease from now; nil is as long as the last one.
    public func renew(_ id: FaultID, lease: String? = nil, as standing: Standing = Standing()) async throws(Problem) -> Answer<FaultDocument> {
        try await act(id, "renew", lease, standing)
    }

    /// "I can still reach the node": ends the countdown of `confirm_within`.
    public func confirm(_ id: FaultID, as standing: Standing = Standing()) async throws(Problem) -> Answer<FaultDocument> {
        try await act(id, "confirm", nil, standing)
    }

    /// Makes `standing.owner`, or the caller, its owner: what the driver before still sends is refused. Nil leaves the lease as it is.
    public func takeOver(_ id: FaultID, lease: String? = nil, as standing: Standing = Standing()) async throws(Problem) -> Answer<FaultDocument> {
        try await act(id, "takeover", lease, standing)
    }

    private func act(_ id: FaultID, _ verb: String, _ lease: String?, _ standing: Standing) async throws(Problem) -> Answer<FaultDocument> {
        let body = JSONValue.object((lease.map { [.init("lease", .string($0))] } ?? []) + standing.members)
        return try await send(Call(method: .post, path: "\(path(id))/\(verb)", body: .json(body), patience: Bounds.change))
    }

    /// Reverts; returns once it is undone, or stuck. Twice is fine.
    public func end(_ id: FaultID, as standing: Standing = Standing()) async throws(Problem) -> Answer<FaultDocument> {
        let query = standing.members.map { ($0.key, $0.value.stringValue ?? $0.value.text()) }
        return try await send(Call(method: .delete, path: path(id), query: query, patience: Bounds.change))
    }

    /// Reverts all that match, are not over, and are the caller's to end; the whole of it is one answer, which names those that were not.
    public func endAll(_ query: HistoryQuery = HistoryQuery()) async throws(Problem) -> Answer<EndedDocument> {
        let (status, body) = try await exchange(
            Call(method: .delete, path: "/v1/faults", query: query.fields(paged: false), patience: Bounds.change))
        let isPartly = status == Problem.Slug.notOwner.status && JSONValue(parsing: body)?["refused"] != nil
        guard status < 400 || isPartly else { throw Problem(answer: body, status: status) }
        return try Answer(status: status, body: body, document: EndedDocument.reading(body))
    }

    private func path(_ id: FaultID) -> String { "/v1/faults/\(id.text)" }
}

extension Standing {
    /// As members of a body.
    fileprivate var members: [JSONValue.Member] {
        [owner.map { .init(Fields.owner.name, .string($0)) }, fence.map { .init(Fields.fence.name, .int(Int64($0))) }].compactMap { $0 }
    }
}

extension HistoryQuery {
    /// As the parameters of a URL.
    func fields(paged: Bool) -> [(String, String)] {
        var fields = states.map { ("state", $0.rawValue) }
        if let kind { fields.append(("kind", kind)) }
        fields += labels.sorted { $0.key < $1.key }.map { ("label", "\($0.key)=\($0.value)") }
        guard paged else { return fields }
        if let after { fields.append(("after", after.text)) }
        return fields + [("limit", String(limit))]
    }
}

extension FaultRequest {
    /// The JSON body that reads as this request.
    var body: JSONValue {
        var members: [JSONValue.Member] = [.init("kind", .string(kind)), .init("spec", spec)]
        if let lease { members.append(.init("lease", .string(lease.text))) }
        if let reason { members.append(.init("reason", .string(reason))) }
        if !labels.values.isEmpty { members.append(.init("labels", labels.spec)) }
        if let owner { members.append(.init("owner", .string(owner))) }
        if let confirmWithin { members.append(.init("confirm_within", .string(confirmWithin.text))) }
        if allowIrreversible { members.append(.init("allow_irreversible", true)) }
        if dryRun { members.append(.init("dry_run", true)) }
        return .object(members)
    }
}
