// Faults: put in force, look, renew, confirm, take back.
import FaultEngine
import FaultModel
import HTTPTypes

struct FaultRoutes: Sendable {
    let controller: Controller

    var routes: [Route] {
        [
            Route(.post, "/v1/faults", "put a fault in force; ?dry_run=true only says what it would do", handle: create),
            Route(.get, "/v1/faults", "faults, newest first; ?state= ?kind= ?label=k=v ?limit= ?after=", handle: list),
            Route(.delete, "/v1/faults", "revert every fault that the same filters choose", handle: endAll),
            Route(.get, "/v1/faults/{id}", "one fault; ?wait=reverted&timeout=30s holds the answer until then", handle: show),
            Route(.delete, "/v1/faults/{id}", "revert it now; answered once it is undone", handle: end),
            Route(.post, "/v1/faults/{id}/renew", "a new lease from now: {\"lease\":\"5m\"}; owner, fence: only if they are right", handle: renew),
            Route(.post, "/v1/faults/{id}/confirm", "end the confirm_within countdown", handle: confirm),
            Route(.post, "/v1/faults/{id}/takeover", "make owner, or yourself, its owner: who was it before is refused", handle: takeOver),
        ]
    }

    private func create(_ call: Call) async throws -> Reply {
        let dryRun = try call.readQuery { $0.read(FaultRequest.Fields.dryRun) }
        let request = try FaultRequest(Payload(call))
        if request.dryRun || dryRun == true { return Reply.json(try await controller.plan(request, by: call.caller)) }
        let created = try await controller.create(request, by: call.caller, idempotencyKey: call.idempotencyKey())
        return Reply.fault(created.fault, status: created.isNew ? .created : .ok)
    }

    private func list(_ call: Call) async throws -> Reply {
        let query = try FaultFilter.page(call)
        var more = query
        // One more than asked for tells whether there is a next page.
        more.limit += 1
        let found = try await controller.faults(more)
        let page = Array(found.prefix(query.limit))
        return Reply.json(ListDocument(page, next: found.count > page.count ? page.last?.id.text : nil))
    }

    private func endAll(_ call: Call) async throws -> Reply {
        try Reply.ended(await controller.endAll(FaultFilter.all(call), by: call.caller))
    }

    private func show(_ call: Call) async throws -> Reply {
        let id = try call.faultID()
        let (states, timeout) = try FaultWait.read(call)
        guard !states.isEmpty else { return Reply.fault(try await controller.fault(id)) }
        return Reply.fault(try await FaultWait.hold(id, until: states, timeout: timeout, on: controller))
    }

    private func end(_ call: Call) async throws -> Reply {
        let standing = try call.readQuery { Standing(&$0) }
        return Reply.fault(try await controller.end(call.faultID(), by: call.caller, as: standing))
    }

    private func renew(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        let (lease, standing) = try Payload(call).read("a renewal") { ($0.read(FaultRequest.Fields.lease), Standing(&$0)) }
        return Reply.fault(try await controller.renew(call.faultID(), lease: lease, by: call.caller, as: standing))
    }

    private func confirm(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        let standing = try Payload(call).read("a confirmation") { Standing(&$0) }
        return Reply.fault(try await controller.confirm(call.faultID(), by: call.caller, as: standing))
    }

    private func takeOver(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        let (owner, lease, fence) = try Payload(call).read("a takeover") {
            ($0.read(FaultRequest.Fields.owner), $0.read(FaultRequest.Fields.lease), $0.read(Standing.Fields.fence))
        }
        return Reply.fault(try await controller.takeOver(call.faultID(), owner: owner, lease: lease, fence: fence, by: call.caller))
    }
}

extension FaultRequest {
    /// The same request from a form as from JSON.
    init(_ payload: Payload) throws(Problem) {
        switch payload {
        case .json(let value): try self.init(json: Payload.object(value))
        case .form, .empty: try self.init(form: payload.pairs)
        }
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")
}

extension Call {
    func idempotencyKey() throws(Problem) -> String? {
        guard let name = HTTPField.Name.idempotencyKey, let key = headers[name] else { return nil }
        guard (1...Limits.keyBytes).contains(key.utf8.count) else {
            let rule = "must be 1 to \(Limits.keyBytes) bytes, not \(key.utf8.count)"
            throw Problem(.invalidField, "Idempotency-Key \(rule)", errors: [.init("Idempotency-Key", rule)])
        }
        return key
    }
}
