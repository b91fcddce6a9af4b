// The daemon itself: how it is, what it is, what it can do.
import FaultEngine
import FaultModel
import HTTPTypes

struct MetaRoutes: Sendable {
    let controller: Controller
    let socketPath: String

    var routes: [Route] {
        [
            Route(.get, "/", "this cheat sheet", handle: cheatSheet),
            Route(.get, "/healthz", "is the daemon alive", handle: health),
            Route(.get, "/readyz", "503 while a fault can't be undone", handle: ready),
            Route(.get, "/metrics", "counters for Prometheus", handle: metrics),
            Route(.get, "/version", "which version this is", handle: version),
            Route(.get, "/v1/node", "what this node can do and what it allows", handle: node),
            Route(.get, "/v1/kinds", "every kind of fault, with its fields and examples", handle: kinds),
            Route(.get, "/v1/kinds/{kind}", "one kind", handle: kind),
        ]
    }

    private func cheatSheet(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        let sheet = CheatSheet(socketPath: socketPath, version: controller.version)
        return call.wantsHTML ? Reply.text(sheet.html, type: "text/html; charset=utf-8") : Reply.text(sheet.text)
    }

    /// The engine itself is asked: an HTTP server that answers beside an engine that hangs is not alive.
    private func health(_ call: Call) async throws -> Reply {
        _ = await controller.ready()
        return Reply.text("ok\n")
    }

    private func ready(_ call: Call) async throws -> Reply {
        let state = await controller.ready()
        return Reply.json(state, status: state.ready ? .ok : .serviceUnavailable)
    }

    private func metrics(_ call: Call) async throws -> Reply {
        Reply.text(PrometheusText.page(await controller.metricsSnapshot()), type: PrometheusText.contentType)
    }

    private func version(_ call: Call) async throws -> Reply { Reply.json(VersionDocument(version: controller.version)) }

    private func node(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        return Reply.json(await controller.node())
    }

    private func kinds(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        return Reply.json(ListDocument(await controller.kinds()))
    }

    private func kind(_ call: Call) async throws -> Reply {
        try call.takeNoQuery()
        return Reply.json(try await controller.kind(call.parameters["kind"] ?? ""))
    }
}
