// Faults over a real socket: made, looked at, prolonged, ended.
import FaultModel
import FaultTesting
import Foundation
import Testing

@Suite struct FaultTests {
    @Test func aFormMakesAFault() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let answer = try await server.post(
                "/v1/faults", form: "kind=network.drop&port=443&protocol=tcp&lease=5m&reason=game%20day%2012&labels.team=edge")
            #expect(answer.status == 201)
            let fault: FaultDocument = try answer.decoded()
            #expect(answer.headers["location"] == "/v1/faults/\(fault.id)")
            #expect(answer.headers["content-type"] == "application/json")
            #expect(fault.state == .active && fault.lease.duration.duration == .seconds(300))
            #expect(fault.reason == "game day 12" && fault.labels.values == ["team": "edge"])
            #expect(bench.host.node.rules.isEmpty == false)
        }
    }

    @Test func jsonMakesTheSameFault() async throws {
        try await LiveServer.with { server in
            let form = try await server.post("/v1/faults", form: "kind=network.drop&port=443&protocol=tcp&lease=5m")
            let body = #"{"kind":"network.drop","spec":{"ports":[443],"protocol":"tcp"},"lease":"5m"}"#
            let json = try await server.post("/v1/faults", json: body)
            let unlabelled = try await server.post("/v1/faults", form: body)
            #expect([form, json, unlabelled].map(\.status) == [201, 201, 201])
            // Read by our own parser: Foundation's decoder forgets the order of members.
            let specs = [form, json, unlabelled].map { JSONValue(parsing: $0.body)?["spec"]?.text() }
            #expect(specs[0] != nil && Set(specs).count == 1)
        }
    }

    @Test func theKernelSaysWhoAsked() async throws {
        try await LiveServer.with { server in
            let fault: FaultDocument = try await server.post("/v1/faults", form: "kind=unit.stop&unit=nginx").decoded()
            #expect(fault.requested_by == Caller(via: "unix", uid: getuid(), user: NSUserName(), pid: getpid()))
            #expect(fault.owner == NSUserName())
        }
    }

    @Test(arguments: ["/v1/faults?dry_run=true", "/v1/faults"]) func aDryRunTouchesNothing(target: String) async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let form = "kind=unit.stop&unit=docker" + (target.contains("?") ? "" : "&dry_run=true")
            let answer = try await server.post(target, form: form)
            #expect(answer.status == 200)
            let plan: PlanDocument = try answer.decoded()
            #expect(plan.kind == "unit.stop" && !plan.changes.isEmpty)
            #expect(!bench.host.log.contains { $0.hasPrefix("apply") })
            #expect(try await server.get("/v1/faults").decoded(as: ListDocument<FaultDocument>.self).items.isEmpty)
        }
    }

    @Test func anIdempotencyKeyMakesOneFault() async throws {
        try await LiveServer.with { server in
            let key = ["Idempotency-Key": "game-day-12"]
            let first = try await server.post("/v1/faults", form: "kind=network.drop&port=443", headers: key)
            let again = try await server.post("/v1/faults", json: #"{"kind":"network.drop","spec":{"ports":[443]}}"#, headers: key)
            #expect(first.status == 201 && again.status == 200)
            #expect(try first.decoded(as: FaultDocument.self).id == again.decoded(as: FaultDocument.self).id)
            #expect(again.headers["location"] == nil)
            let other = try await server.post("/v1/faults", form: "kind=network.drop&port=80", headers: key)
            #expect(other.status == 422)
            #expect(try other.problem.type == .idempotencyMismatch)
            let long = try await server.post(
                "/v1/faults", form: "kind=network.drop&port=80", headers: ["Idempotency-Key": String(repeating: "k", count: 256)])
            #expect(long.status == 400)
            #expect(try long.problem.errors?.first?.field == "Idempotency-Key")
        }
    }

    @Test(
        arguments: [
            ("", 400, "kind", "is required"),
            ("kind=network.drp", 400, nil, "network.drop"),
            ("kind=network.drop&prot=443", 400, "spec.prot", "did you mean"),
            ("kind=network.drop&port=70000", 400, "spec.ports[0]", "must be a port from 1 to 65535"),
            ("kind=network.drop&port=443&lease=99h", 422, nil, "lease"),
            ("kind=network.drop&port=443&lease=soon", 400, "lease", "must be a duration"),
            ("kind=container.kill&name=(", 400, "spec.name", "is not a regular expression"),
            ("kind=container.kill&name=nosuch", 422, nil, "nosuch"),
            ("kind=unit.stop&unit=dockerk", 422, nil, "did you mean docker.service"),
            ("kind=unit.stop&unit=ssh", 403, nil, "ssh.service"),
        ] as [(String, Int, String?, String)])
    func badInputIsNamedAndTouchesNothing(form: String, status: Int, field: String?, sentence: String) async throws {
        let bench = Bench()
        let before = bench.host.text()
        try await LiveServer.with(bench) { server in
            let answer = try await server.post("/v1/faults", form: form)
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/problem+json")
            let problem = try answer.problem
            if let field { #expect(problem.errors?.first?.field == field) }
            #expect(answer.text.contains(sentence), "\(answer.text)")
            #expect(bench.host.text() == before)
        }
    }

    @Test func everyBadFieldIsNamed() async throws {
        try await LiveServer.with { server in
            let answer = try await server.post("/v1/faults", form: "kind=network.drop&port=70000&protocol=tpc&colour=red")
            #expect(answer.status == 400)
            #expect(try answer.problem.errors?.map(\.field).sorted() == ["spec.colour", "spec.ports[0]", "spec.protocol"])
        }
    }

    @Test func theSecondFaultOnAUnitIsAConflict() async throws {
        try await LiveServer.with { server in
            let first: FaultDocument = try await server.post("/v1/faults", form: "kind=unit.stop&unit=nginx").decoded()
            let second = try await server.post("/v1/faults", form: "kind=unit.stop&unit=nginx")
            #expect(second.status == 409)
            #expect(try second.problem.detail.contains(first.id.text))
        }
    }

    @Test func renewConfirmAndEnd() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let fault: FaultDocument = try await server.post("/v1/faults", form: "kind=network.drop&port=443&lease=1m&confirm_within=30s").decoded()
            let path = "/v1/faults/\(fault.id)"
            #expect(fault.confirm_by != nil)
            let confirmed: FaultDocument = try await server.call("POST", path + "/confirm").decoded()
            #expect(confirmed.confirm_by == nil)
            let renewed: FaultDocument = try await server.post(path + "/renew", form: "lease=5m").decoded()
            #expect(renewed.lease.duration.duration == .seconds(300) && renewed.lease.renewals == 1)
            let same: FaultDocument = try await server.post(path + "/renew", json: "{}").decoded()
            #expect(same.lease.duration.duration == .seconds(300) && same.lease.renewals == 2)
            let wrong = try await server.post(path + "/renew", json: #"{"leas":"5m"}"#)
            #expect(wrong.status == 400)
            #expect(try wrong.problem.errors == [.init("leas", "is not a field of a renewal; did you mean lease?")])
            for _ in 0..<2 {
                let ended = try await server.call("DELETE", path)
                #expect(ended.status == 200)
                #expect(try ended.decoded(as: FaultDocument.self).state == .reverted)
            }
            #expect(bench.host.node.rules.isEmpty)
        }
    }

    @Test func idsThatLeadNowhere() async throws {
        try await LiveServer.with { server in
            let malformed = try await server.get("/v1/faults/42")
            #expect(malformed.status == 404)
            #expect(try malformed.problem.hint?.contains("26 letters and digits") == true)
            for method in ["GET", "DELETE"] {
                let unknown = try await server.call(method, "/v1/faults/01JD6W3V5N8Q2R4T6Y7Z9ABCDE")
                #expect(unknown.status == 404)
                #expect(try unknown.problem.type == .notFound)
            }
        }
    }

    @Test func waitingIsAnsweredWhenTheFaultIsThere() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let fault = try await bench.inject("network.drop", ["port": "443"])
            async let waiting = server.get("/v1/faults/\(fault.id)?wait=reverted&timeout=60s")
            while bench.clock.sleeperCount < 3 { try await Task.sleep(for: .milliseconds(5)) }
            _ = try await server.call("DELETE", "/v1/faults/\(fault.id)")
            let answer = try await waiting
            #expect(answer.status == 200)
            #expect(try answer.decoded(as: FaultDocument.self).state == .reverted)
            #expect(try await server.get("/v1/faults/\(fault.id)?wait=active").decoded(as: FaultDocument.self).state == .reverted)
        }
    }

    @Test func waitingEndsAtItsTimeout() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let fault = try await bench.inject("network.drop", ["port": "443"], lease: .seconds(600))
            async let waiting = server.get("/v1/faults/\(fault.id)?wait=reverted&timeout=60s")
            while bench.clock.sleeperCount < 3 { try await Task.sleep(for: .milliseconds(5)) }
            bench.clock.advance(by: .seconds(61))
            #expect(try await waiting.decoded(as: FaultDocument.self).state == .active)
        }
    }
}
