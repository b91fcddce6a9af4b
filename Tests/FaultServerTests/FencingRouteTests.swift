// Owners, fences and what they refuse, over a real socket; and that faults which are stuck are told with every answer.
import FaultEngine
import FaultModel
import FaultTesting
import Foundation
import Testing

@Suite struct FencingRouteTests {
    private func inject(_ server: LiveServer, owner: String) async throws -> String {
        let fault: FaultDocument = try await server.post("/v1/faults", form: "kind=network.drop&port=443&confirm_within=30s&owner=\(owner)").decoded()
        #expect(fault.owner == owner && fault.lease.fence == 1)
        return "/v1/faults/\(fault.id)"
    }

    @Test func bodiesAndQueriesCarryOwnerAndFence() async throws {
        try await LiveServer.with { server in
            let path = try await inject(server, owner: "driver-1")
            let taken: FaultDocument = try await server.post(path + "/takeover", form: "owner=driver-2&lease=5m&fence=1").decoded()
            #expect(taken.owner == "driver-2" && taken.lease.fence == 2 && taken.taken_over?.from == "driver-1")
            for (method, target, body) in [
                ("POST", path + "/renew", #"{"owner":"driver-1"}"#), ("POST", path + "/confirm", #"{"owner":"driver-1"}"#),
                ("DELETE", path + "?owner=driver-1", ""),
            ] {
                let answer = try await server.call(method, target, headers: ["content-type": "application/json"], body: body)
                #expect(answer.status == 403, "\(method) \(target)")
                #expect(try answer.problem.type == .notOwner)
            }
            for (method, target, body) in [
                ("POST", path + "/renew", "fence=1"), ("POST", path + "/confirm", "fence=1"), ("POST", path + "/takeover", "fence=1"),
                ("DELETE", path + "?fence=1", ""),
            ] {
                let answer = try await server.call(
                    method, target, headers: ["content-type": "application/x-www-form-urlencoded"], body: body)
                #expect(answer.status == 409, "\(method) \(target)")
                let problem = try answer.problem
                #expect(problem.type == .fenced && problem.detail.contains("has fence 2, not 1") && problem.errors?.first?.field == "fence")
            }
            let renewed: FaultDocument = try await server.post(path + "/renew", json: #"{"owner":"driver-2","fence":2,"lease":"9m"}"#).decoded()
            #expect(renewed.lease.duration.duration == .seconds(540))
            #expect(try await server.post(path + "/confirm", form: "owner=driver-2&fence=2").status == 200)
            let ended: FaultDocument = try await server.call("DELETE", path + "?owner=driver-2&fence=2").decoded()
            #expect(ended.state == .reverted)
        }
    }

    @Test func aTakeoverWithoutABodyIsTheCallers() async throws {
        try await LiveServer.with { server in
            let path = try await inject(server, owner: "driver-1")
            let taken: FaultDocument = try await server.call("POST", path + "/takeover").decoded()
            #expect(taken.owner == NSUserName() && taken.lease.fence == 2)
        }
    }

    @Test(arguments: [
        ("/takeover", "ownr=x", "ownr"), ("/takeover", "fence=first", "fence"), ("/renew", "fence=0", "fence"), ("/confirm", "fense=1", "fense"),
        ("/renew", "owner=", "owner"),
    ])
    func wrongFieldsAreNamed(verb: String, form: String, field: String) async throws {
        try await LiveServer.with { server in
            let answer = try await server.post(try await inject(server, owner: "o") + verb, form: form)
            #expect(answer.status == 400)
            #expect(try answer.problem.errors?.first?.field == field)
        }
    }

    /// The one who tests is somebody, and these faults are another's.
    @Test(.enabled(if: getuid() == 0, "only root can act as somebody else")) func endingManyTellsWhatItLeft() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            chmod(URL(fileURLWithPath: server.path).deletingLastPathComponent().path, 0o755)
            chmod(server.path, 0o666)
            let theirs = try await bench.inject("network.drop", ["port": "1"])
            let curl = "setpriv --reuid 65534 --regid 65534 --clear-groups curl -sS --unix-socket \(server.path) -w '%{http_code}'"
            let own = try await shell("\(curl) http://node/v1/faults -d kind=network.drop -d port=2")
            #expect(own.hasSuffix("201"))
            let answer = try await shell("\(curl) -X DELETE http://node/v1/faults")
            #expect(answer.hasSuffix("403"))
            let json = try #require(JSONValue(parsing: answer.dropLast(3).utf8))
            #expect(json["type"]?.stringValue == "not-owner")
            #expect(json["items"]?.arrayValue?.map { $0["state"]?.stringValue } == ["reverted"])
            #expect(json["refused"]?.arrayValue?.map { $0["field"]?.stringValue } == [theirs.id.text])
            #expect(try await server.get("/v1/faults?state=active").decoded(as: ListDocument<FaultDocument>.self).items.map(\.id) == [theirs.id])
            let rest = try await server.call("DELETE", "/v1/faults")
            #expect(rest.status == 200)
            #expect(try rest.decoded(as: EndedDocument.self).items.map(\.id) == [theirs.id])
        }
    }

    @Test func everyAnswerSaysHowManyFaultsAreStuck() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let fault = try await bench.inject("network.drop", ["port": "443"])
            #expect(try await server.get("/healthz").headers["faultd-stuck"] == nil)
            bench.host.breakVerb("revert packets")
            _ = try await server.call("DELETE", "/v1/faults/\(fault.id)")
            for target in ["/healthz", "/v1/faults", "/nowhere", "/v1/kinds", "/metrics", "/v1/events?follow=false"] {
                #expect(try await server.get(target).headers["faultd-stuck"] == "1", "\(target)")
            }
            let shown: FaultDocument = try await server.get("/v1/faults/\(fault.id)").decoded()
            #expect(shown.revert_attempts == 1 && shown.stuck_since == bench.clock.now().wall)
            bench.host.mendVerb("revert packets")
            _ = try await server.call("DELETE", "/v1/faults/\(fault.id)")
            #expect(try await server.get("/healthz").headers["faultd-stuck"] == nil)
        }
    }
}
