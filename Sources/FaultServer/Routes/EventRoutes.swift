// What happened and happens, as Server-Sent Events.
import FaultEngine
import FaultModel
import HTTPTypes

struct EventRoutes: Sendable {
    let controller: Controller
    let clock: any NodeClock

    var routes: [Route] {
        [Route(.get, "/v1/events", "what happens, live; Last-Event-ID or ?after=N resumes; ?follow=false, ?fault=ID", handle: stream)]
    }

    private static let after = Field<Int>("after", "Only events after this number; 0 is from the beginning.", check: notNegative)
    private static let follow = Field<Bool>("follow", default: true, "Stay and wait for new ones.")
    private static let fault = Field<String>("fault", "Only events of this fault.")

    private static let notNegative: @Sendable (Int) -> String? = { $0 >= 0 ? nil : "must be the number of an event, or 0" }

    private func stream(_ call: Call) async throws -> Reply {
        var (after, follow, fault) = try call.readQuery { reader in
            (reader.read(Self.after), reader.read(Self.follow) ?? true, Self.faultID(&reader))
        }
        // A browser that reconnects keeps the URL it began with: the header is the newer of the two.
        after = try Self.lastEventID(call) ?? after
        if let fault { _ = try await controller.fault(fault) }
        let events = try await controller.events(after: after.map(Int64.init) ?? (follow ? nil : 0), follow: follow)
        var reply = Reply(type: "text/event-stream", body: .events(EventFeed(events: events, fault: fault, clock: clock)))
        reply.headers[.cacheControl] = "no-cache"
        return reply
    }

    private static func faultID(_ reader: inout SpecReader) -> FaultID? {
        guard let text = reader.read(fault) else { return nil }
        if let id = FaultID(text) { return id }
        reader.refuse("fault", "must be the id of a fault")
        return nil
    }

    private static func lastEventID(_ call: Call) throws(Problem) -> Int? {
        guard let name = HTTPField.Name("Last-Event-ID"), let text = call.headers[name], !text.isEmpty else { return nil }
        if let number = Int(text), number >= 0 { return number }
        let rule = "must be the number of an event, such as 42"
        throw Problem(.invalidField, "Last-Event-ID \(rule)", errors: [.init("Last-Event-ID", rule)])
    }
}
