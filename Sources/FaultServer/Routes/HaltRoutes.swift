// The big red button, and the proof that nothing of ours is left.
import FaultEngine
import FaultModel
import HTTPTypes

struct HaltRoutes: Sendable {
    let controller: Controller

    var routes: [Route] {
        [
            Route(.post, "/v1/halt", "revert everything and refuse new faults until it is lifted", handle: halt),
            Route(.get, "/v1/halt", "whether it is halted, by whom and why", handle: show),
            Route(.delete, "/v1/halt", "lift the halt", handle: lift),
            Route(.get, "/v1/verify", "is every fault in force, and is anything of ours here that none accounts for", handle: verify),
            Route(.post, "/v1/verify", "remove what no fault accounts for, and look again", handle: fix),
        ]
    }

    private func halt(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        let reason = try Payload(call).read("a halt") { $0.read(FaultRequest.Fields.reason) }
        return Reply.json(try await controller.halt(reason: reason, by: call.caller))
    }

    private func show(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        return Reply.json(await controller.haltState())
    }

    private func lift(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        return Reply.json(try await controller.resume(by: call.caller))
    }

    private func verify(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        return Reply.json(try await controller.verify())
    }

    private func fix(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        return Reply.json(try await controller.removeLeftovers())
    }
}
